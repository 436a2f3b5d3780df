import type { Logger } from '@agentproxy/plugin'
import type { SessionRecord, Store } from '@agentproxy/store'
import { SupervisorError } from '@agentproxy/supervisor'
import type { HeldTask, Supervisor } from '@agentproxy/supervisor'
import type { TaskPool } from './task-pool.ts'

/** States of a task that somebody should be running; `interrupted` is the store's word for one whose process is dead. */
const LIVE = [
  'interrupted',
  'queued',
  'preparing',
  'running',
  'waiting_input',
  'waiting_permission',
  'waiting_limit',
  'verifying',
  'paused',
] as const

const PAGE = 100
/** A session this young may be just about to be taken by who made it. */
const YOUNG_MS = 5_000

export interface Reconciling {
  readonly store: Store
  readonly supervisor: Supervisor
  readonly pool: TaskPool
  readonly resume: boolean
  readonly log: Logger
}

/**
 * Looks after tasks whose process has died: those of a service that had not begun wait again, those it had begun go on
 * if they should, and all others are ended as interrupted, with whatever they left running. Gives how many there were.
 */
export async function reconcile(parts: Reconciling): Promise<number> {
  let found = 0
  for (const state of LIVE) {
    for (const record of await sessionsIn(parts.store, state)) {
      const held = await takeOrphan(parts, record)
      if (held === null) continue
      found++
      await settle(parts, held).catch(async (error: unknown) => {
        await held.release()
        parts.log.error('an orphaned task could not be settled', { taskId: record.id, error: String(error) })
      })
    }
  }
  return found
}

async function sessionsIn(store: Store, state: string): Promise<readonly SessionRecord[]> {
  const all: SessionRecord[] = []
  for (;;) {
    const before = all.at(-1)
    const page = await store.sessions.list({ limit: PAGE, state, ...(before !== undefined && { before }) })
    all.push(...page)
    if (page.length < PAGE) return all
  }
}

async function takeOrphan({ supervisor }: Reconciling, record: SessionRecord): Promise<HeldTask | null> {
  if (record.state === 'queued' && Date.now() - record.updatedAt < YOUNG_MS) return null
  return supervisor.take(record.id).catch((error: unknown) => {
    if (SupervisorError.is(error) && error.code === 'SESSION_BUSY') return null
    throw error
  })
}

async function settle({ store, pool, resume }: Reconciling, held: HeldTask): Promise<void> {
  const { contract, end, stage, paused } = held.state
  if (end !== null) {
    await store.sessions.update(held.sessionId, { state: end.outcome, outcome: end.outcome })
    return held.release()
  }
  const ours = contract?.startedBy === 'service'
  if (ours && (stage === 'created' || (resume && !paused))) {
    await store.sessions.update(held.sessionId, { state: 'queued' })
    return pool.add(held)
  }
  return held.interrupt('The process that ran it is gone. Resume it to go on.')
}
