import { setTimeout as delay } from 'node:timers/promises'
import type { AgentProcess } from '@agentproxy/plugin'

const KILL_GRACE_MS = 2000

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
