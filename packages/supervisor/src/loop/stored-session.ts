import { join } from 'node:path'
import type { Lease, SessionRecord, Store } from '@agentproxy/store'
import type { SessionState } from '../session/session-state.ts'
import type { TaskContract } from '../session/task-event.ts'
import type { TaskReport } from '../session/task-report.ts'
import { SupervisorError } from '../supervisor-error.ts'

/** The session of that id. Throws `SESSION_UNKNOWN`. */
export async function existing(store: Store, sessionId: string): Promise<SessionRecord> {
  const session = await store.sessions.get(sessionId)
  if (session !== null) return session
  throw new SupervisorError(
    'SESSION_UNKNOWN',
    `There is no session ${sessionId}. List the sessions to find its id.`,
  )
}

/** What it was asked to do. Throws `SESSION_BROKEN`. */
export function intact(state: SessionState, sessionId: string): TaskContract {
  if (state.contract !== null) return state.contract
  throw new SupervisorError(
    'SESSION_BROKEN',
    `Session ${sessionId} has no task in its log: it ended before it began. Start the task anew.`,
  )
}

/** Takes a session. Throws `SESSION_BUSY` while another process has it. */
export async function acquire(store: Store, sessionId: string): Promise<Lease> {
  return store.leases.acquire(sessionId).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'LEASE_HELD') throw error
    throw new SupervisorError(
      'SESSION_BUSY',
      `Session ${sessionId} is being run by another process. Stop that one first.`,
      error,
    )
  })
}

/** How it ended. */
export function reportOf(state: SessionState, sessionId: string): TaskReport {
  if (state.end === null) throw new Error(`Session ${sessionId} stopped without an end.`)
  const { outcome, reason, message, turns, durationMs, changes, findings } = state.end
  const inPlace = (state.contract?.workspace.mode ?? 'in-place') === 'in-place'
  const applied = inPlace || (state.applied !== null && state.applied === state.tree)
  return { sessionId, outcome, reason, message, turns, durationMs, changes, findings, applied }
}

/** The private folder of a session. */
export function sessionFolder(stateDir: string, sessionId: string): string {
  return join(stateDir, 'sessions', sessionId)
}
