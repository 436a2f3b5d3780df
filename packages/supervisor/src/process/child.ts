import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentExit } from '@agentproxy/plugin'
import { MARKER_VARIABLE } from './environment.ts'
import { endMarked, endSession, sendSignal } from './reap.ts'

const STDERR_TAIL_BYTES = 8 * 1024
// How long output may still arrive after the process itself has ended.
const DRAIN_MS = 300
const STRAY_GRACE_MS = 200

export interface ChildOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  /** The whole environment; the marker is added. */
  readonly env: Readonly<Record<string, string>>
  readonly marker: string
  readonly stdin: 'open' | 'closed'
  /** Files that keep the output whole. The same path twice keeps both streams in one file. */
  readonly stdoutFile: string
  readonly stderrFile: string
  /** Milliseconds without output, and in all, before the host ends it; null = no limit. */
  readonly idleMs: number | null
  readonly timeoutMs: number | null
  /** Milliseconds between SIGTERM and SIGKILL when a limit ends it. */
  readonly graceMs: number
  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void
}

export interface Child {
  /** 0 when it could not be started; `exit` then tells code 127 and why. */
  readonly pid: number
  readonly stdin: Writable | null
  readonly exit: Promise<AgentExit>
  stop(graceMs: number): Promise<AgentExit>
  pause(): void
  unpause(): void
}

/** Starts a process in its own group. Its end is reported even when a descendant keeps the pipes open. */
export function startChild(options: ChildOptions): Child {
  const child = spawn(options.command, [...options.args], {
    cwd: options.cwd,
    env: { ...options.env, [MARKER_VARIABLE]: options.marker },
    detached: true,
    stdio: [options.stdin === 'open' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  return new RunningChild(child, options)
}

class RunningChild implements Child {
  readonly pid: number
  readonly stdin: Writable | null
  readonly exit: Promise<AgentExit>
  readonly #child: ChildProcess
  readonly #options: ChildOptions
  readonly #files: OutputFiles
  readonly #timers = new Set<NodeJS.Timeout>()
  #stderrTail = Buffer.alloc(0)
  #endedBy: AgentExit['endedBy'] = null
  #ended = false
  #idleTimer: NodeJS.Timeout | null = null

  constructor(child: ChildProcess, options: ChildOptions) {
    this.#child = child
    this.#options = options
    this.pid = child.pid ?? 0
    this.stdin = child.stdin
    // A broken pipe is the process's end, which `exit` reports.
    child.stdin?.on('error', () => {})
    this.#files = new OutputFiles(options.stdoutFile, options.stderrFile)
    this.#listen('stdout')
    this.#listen('stderr')
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const left = new Promise<Pick<AgentExit, 'code' | 'signal'>>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
      child.once('error', (error) => {
        if (child.pid !== undefined) return
        this.#stderrTail = Buffer.from(error.message)
        resolve({ code: 127, signal: null })
      })
    })
    this.exit = this.#finish(left, closed)
    if (options.timeoutMs !== null) this.#after(options.timeoutMs, () => this.#endBy('time', options.graceMs))
    this.#touch()
  }

  async stop(graceMs: number): Promise<AgentExit> {
    this.#endBy('stop', graceMs)
    return this.exit
  }

  pause(): void {
    if (!this.#ended) this.#child.stdout?.pause()
  }

  unpause(): void {
    this.#child.stdout?.resume()
  }

  #listen(name: 'stdout' | 'stderr'): void {
    const stream = this.#child[name]
    stream?.on('error', () => {})
    stream?.on('data', (chunk: Buffer) => {
      this.#touch()
      this.#files.write(name, chunk)
      if (name === 'stderr') this.#stderrTail = tail(this.#stderrTail, chunk)
      this.#options.onOutput(name, chunk)
    })
  }

  #touch(): void {
    const { idleMs, graceMs } = this.#options
    if (idleMs === null || this.#ended) return
    if (this.#idleTimer === null) this.#idleTimer = this.#after(idleMs, () => this.#endBy('idle', graceMs))
    else this.#idleTimer.refresh()
  }

  #after(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(act, Math.min(ms, 2 ** 31 - 1))
    this.#timers.add(timer)
    return timer
  }

  #endBy(by: 'idle' | 'time' | 'stop', graceMs: number): void {
    if (this.#ended) return
    this.#endedBy ??= by
    sendSignal(-this.pid, 'SIGTERM')
    this.#after(graceMs, () => sendSignal(-this.pid, 'SIGKILL'))
  }

  async #finish(
    left: Promise<Pick<AgentExit, 'code' | 'signal'>>,
    closed: Promise<void>,
  ): Promise<AgentExit> {
    const { code, signal } = await left
    this.#ended = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.unpause()
    if (this.pid !== 0) {
      await Promise.race([closed, sleep(DRAIN_MS)])
      // Whatever it left behind has no one to answer to any more.
      if (process.platform !== 'linux') sendSignal(-this.pid, 'SIGKILL')
      await Promise.all([
        endMarked(this.#options.marker, STRAY_GRACE_MS),
        endSession(this.pid, STRAY_GRACE_MS),
      ])
      await Promise.race([closed, sleep(DRAIN_MS)])
    }
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
    this.#files.close()
    return { code, signal, endedBy: this.#endedBy, stderrTail: this.#stderrTail.toString('utf8') }
  }
}

function tail(before: Buffer, chunk: Buffer): Buffer<ArrayBuffer> {
  const joined = Buffer.concat([before, chunk])
  return joined.length > STDERR_TAIL_BYTES ? Buffer.from(joined.subarray(-STDERR_TAIL_BYTES)) : joined
}

/** Keeps output on disk. Written at once, so that it is there after a crash; a full disk loses output, not the task. */
class OutputFiles {
  readonly #stdout: number | null
  readonly #stderr: number | null

  constructor(stdoutFile: string, stderrFile: string) {
    this.#stdout = open(stdoutFile)
    this.#stderr = stderrFile === stdoutFile ? this.#stdout : open(stderrFile)
  }

  write(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const file = stream === 'stdout' ? this.#stdout : this.#stderr
    if (file === null) return
    try {
      writeSync(file, chunk)
    } catch {
      // Disk full: the live output is still passed on.
    }
  }

  close(): void {
    for (const file of new Set([this.#stdout, this.#stderr])) if (file !== null) closeSync(file)
  }
}

function open(path: string): number | null {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    return openSync(path, 'a', 0o600)
  } catch {
    return null
  }
}
