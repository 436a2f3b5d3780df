import { setTimeout as delay } from 'node:timers/promises'
import type { AgentProcess, AgentTurn } from '@agentproxy/plugin'

const KILL_GRACE_MS = 2000
/** How long an agent may take to end a turn that was called off, before its process is ended. */
const ABORT_GRACE_MS = 3000

/** Waits a bounded time for the process to end by itself, then ends it. */
export async function endWithin(child: AgentProcess, graceMs: number): Promise<void> {
  const timer = new AbortController()
  const late = delay(graceMs, true, { signal: timer.signal }).catch(() => false)
  if (await Promise.race([child.exit.then(() => false), late])) await child.stop(KILL_GRACE_MS)
  timer.abort()
}

/** Writes one message as a line of JSON; false when the process takes no more lines. Its end is seen elsewhere. */
export function sendJson(child: AgentProcess, message: unknown): boolean {
  try {
    child.writeLine(JSON.stringify(message))
    return true
  } catch {
    return false
  }
}

/** Ends the process if the turn is called off and it does not end by itself in time, whatever it is waiting for. */
export function endAfterAbort({ signal }: AgentTurn, child: AgentProcess): void {
  const end = (): void => void endWithin(child, ABORT_GRACE_MS)
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  void child.exit.then(() => signal.removeEventListener('abort', end))
}
