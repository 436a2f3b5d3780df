import { readFileSync } from 'node:fs'
import type { EngineUsage, SandboxLimit } from './engine.ts'
import type { SandboxLimits } from './resources.ts'

const POLL_MS = 25
/** Milliseconds over which a process may use its share of a processor on average. */
const WINDOW_MS = 2000
const PAGE_BYTES = 4096
/** Linux tells processor time in hundredths of a second to every program. */
const TICK_MS = 10

/** Watches the memory and the processor time of a process on Linux, and tells once when it has too much of one. */
export class Governor {
  readonly #pid: number
  readonly #limits: SandboxLimits
  readonly #timer: NodeJS.Timeout
  readonly #baseBytes: number
  #samples: { readonly atMs: number; readonly cpuMs: number }[] = []
  #usage: EngineUsage = { memoryBytes: 0, cpuMs: 0 }

  /** What the process holds now is its floor: the limit is for what it takes beyond. */
  constructor(pid: number, limits: SandboxLimits, exceeded: (limit: SandboxLimit, detail: string) => void) {
    this.#pid = pid
    this.#limits = limits
    this.#baseBytes = residentBytes(pid)
    this.#timer = setInterval(() => {
      const found = this.#look()
      if (found === null) return
      this.stop()
      exceeded(...found)
    }, POLL_MS)
    this.#timer.unref()
  }

  get usage(): EngineUsage {
    return this.#usage
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): readonly [limit: SandboxLimit, detail: string] | null {
    try {
      const [memoryBytes, cpuMs] = [
        Math.max(0, residentBytes(this.#pid) - this.#baseBytes),
        processorMs(this.#pid),
      ]
      this.#usage = { memoryBytes, cpuMs }
    } catch {
      // It has ended.
      return null
    }
    const { memoryBytes, cpuShare } = this.#limits
    if (this.#usage.memoryBytes > memoryBytes) return ['memory', `it took more than ${memoryBytes} bytes`]
    const atMs = performance.now()
    this.#samples = [
      ...this.#samples.filter((one) => atMs - one.atMs <= WINDOW_MS),
      { atMs, cpuMs: this.#usage.cpuMs },
    ]
    const [oldest] = this.#samples
    if (oldest === undefined || atMs - oldest.atMs < WINDOW_MS * 0.9) return null
    const share = (this.#usage.cpuMs - oldest.cpuMs) / (atMs - oldest.atMs)
    // A tenth more: the clock's ticks are coarse, and the process collects its garbage in threads of its own.
    if (share <= cpuShare + 0.1) return null
    return ['cpu', `it used ${Math.round(share * 100)} % of a processor over ${WINDOW_MS} ms`]
  }
}

function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
}

/** User and system time; the name before them may hold spaces, so it is cut off at its bracket. */
function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}
