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

/**
 * Processes of the session that a process began with `setsid`, which is itself not among them: those that threw their
 * environment away, and the marker with it, are found here. Where there is no /proc the list is empty.
 */
export async function findInSession(leader: number): Promise<number[]> {
  const names = await readdir('/proc').catch(() => [])
  const found = await Promise.all(
    names.map(async (name) => {
      const pid = Number(name)
      if (!Number.isInteger(pid) || pid === leader) return null
      const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '')
      // After the name in brackets, which may hold anything: state, parent, group, session.
      const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return Number(session) === leader && state !== 'Z' ? pid : null
    }),
  )
  return found.filter((pid) => pid !== null)
}

/** Ends every marked process: SIGTERM, then SIGKILL after `graceMs`. Resolves with how many there were. */
export function endMarked(marker: string, graceMs: number): Promise<number> {
  return endAll(() => findMarked(marker), graceMs)
}

/** The same for what is left of the session of a process that has ended. */
export function endSession(leader: number, graceMs: number): Promise<number> {
  return endAll(() => findInSession(leader), graceMs)
}

type Find = () => Promise<readonly number[]>

async function endAll(find: Find, graceMs: number): Promise<number> {
  const seen = new Set<number>()
  const gone = graceMs > 0 && (await signalUntilGone(find, { signal: 'SIGTERM', waitMs: graceMs, seen }))
  if (!gone) await signalUntilGone(find, { signal: 'SIGKILL', waitMs: KILL_WAIT_MS, seen })
  return seen.size
}

// Resolves with whether none is left.
async function signalUntilGone(
  find: Find,
  options: { readonly signal: 'SIGTERM' | 'SIGKILL'; readonly waitMs: number; readonly seen: Set<number> },
): Promise<boolean> {
  const until = Date.now() + options.waitMs
  const told = new Set<number>()
  for (;;) {
    const pids = await find()
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
