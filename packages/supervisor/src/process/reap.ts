import { readFile, readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { MARKER_VARIABLE } from './environment.ts'

const POLL_MS = 20
const KILL_WAIT_MS = 2_000
const DOT = 0x2e

/**
 * Processes whose environment carries the marker, or one derived from it (`marker.suffix`). Agents start their tools in
 * sessions of their own, so the process group alone does not reach them. Where there is no /proc the list is empty.
 */
export async function findMarked(marker: string): Promise<number[]> {
  const needle = Buffer.from(`${MARKER_VARIABLE}=${marker}`)
  const names = await readdir('/proc').catch(() => [])
  const found = await Promise.all(
    names.map(async (name) => {
      const pid = Number(name)
      if (!Number.isInteger(pid) || pid === process.pid) return null
      const environment = await readFile(`/proc/${name}/environ`).catch(() => null)
      return environment !== null && carries(environment, needle) ? pid : null
    }),
  )
  return found.filter((pid) => pid !== null)
}

function carries(environment: Buffer, needle: Buffer): boolean {
  for (let at = environment.indexOf(needle); at !== -1; at = environment.indexOf(needle, at + 1)) {
    const before = at === 0 ? 0 : environment[at - 1]
    const after = environment[at + needle.length] ?? 0
    if (before === 0 && (after === 0 || after === DOT)) return true
  }
  return false
}

/** Ends every marked process: SIGTERM, then SIGKILL after `graceMs`. Resolves with how many there were. */
export async function endMarked(marker: string, graceMs: number): Promise<number> {
  const seen = new Set<number>()
  const gone = graceMs > 0 && (await signalUntilGone(marker, { signal: 'SIGTERM', waitMs: graceMs, seen }))
  if (!gone) await signalUntilGone(marker, { signal: 'SIGKILL', waitMs: KILL_WAIT_MS, seen })
  return seen.size
}

// Resolves with whether none is left.
async function signalUntilGone(
  marker: string,
  options: { readonly signal: 'SIGTERM' | 'SIGKILL'; readonly waitMs: number; readonly seen: Set<number> },
): Promise<boolean> {
  const until = Date.now() + options.waitMs
  const told = new Set<number>()
  for (;;) {
    const pids = await findMarked(marker)
    if (pids.length === 0) return true
    for (const pid of pids) {
      options.seen.add(pid)
      // A politely asked process is asked once; a killed one may have forked in between, so everything found is killed.
      if (options.signal === 'SIGKILL' || !told.has(pid)) sendSignal(pid, options.signal)
      told.add(pid)
    }
    if (Date.now() >= until) return false
    await sleep(POLL_MS)
  }
}

/** Signals a process, or a group given as a negative number. A process that is gone is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  // 0 and -1 would mean our own group and everybody.
  if (pid === 0 || pid === -1) return
  try {
    process.kill(pid, signal)
  } catch {
    // Gone already, or not ours.
  }
}
