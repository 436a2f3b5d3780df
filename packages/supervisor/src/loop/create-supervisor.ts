import { randomBytes } from 'node:crypto'
import type { Store } from '@agentproxy/store'
import { GRACE_MS } from '../process/grace.ts'
import { type LoopLimits, defaultLimits } from '../session/limits.ts'
import { type SessionState, canContinue, startingTree } from '../session/session-state.ts'
import type { TaskContract } from '../session/task-event.ts'
import type { TaskOrder } from '../session/task-order.ts'
import type { TaskReport } from '../session/task-report.ts'
import { SupervisorError } from '../supervisor-error.ts'
import { patchBetween } from '../workspace/tree-diff.ts'
import { openPlace } from '../workspace/place.ts'
import { readWorkspace } from '../workspace/workspace.ts'
import { type ApplyReport, type ApplyRequest, applyResult } from './apply-result.ts'
import { type CleanReport, cleanSession } from './clean-session.ts'
import { HeldTask, type HeldTaskParts } from './held-task.ts'
import { Journal, readState } from './journal.ts'
import { rollBackFiles } from './roll-back-files.ts'
import type { RollbackReport, RollbackRequest } from './roll-back-files.ts'
import { acquire, existing, intact, sessionFolder } from './stored-session.ts'
import type { RunOptions, SupervisorOptions } from './supervisor-options.ts'

export interface Supervisor {
  /** Runs a task to its end. Throws `SupervisorError` only for what stands in the way of starting. */
  start(contract: TaskContract, options: RunOptions): Promise<TaskReport>
  /** Continues a session that was killed or interrupted; a finished one only reports. */
  resume(sessionId: string, options: RunOptions): Promise<TaskReport>
  /** Makes the session of a new task without running it. */
  create(contract: TaskContract, sessionId?: string): Promise<HeldTask>
  /** Takes a session that nobody runs. Throws `SESSION_BUSY` while somebody does. */
  take(sessionId: string): Promise<HeldTask>
  /** Asks something of a task, whichever process runs it. Throws `SESSION_ENDED` where it can have no effect any more. */
  send(sessionId: string, order: TaskOrder): Promise<void>
  /** How a task is, from its log. */
  state(sessionId: string): Promise<SessionState>
  /** What the task changed so far, as a patch. */
  diff(sessionId: string): Promise<string>
  /** Puts the files back as they were before a turn. Refused while the session runs. */
  rollback(sessionId: string, request: RollbackRequest): Promise<RollbackReport>
  /** Writes what the task did in its private folder into the person's. Refused while the session runs. */
  apply(sessionId: string, request: ApplyRequest): Promise<ApplyReport>
  /** Removes the private folder of the task. Refused while the session runs. */
  clean(sessionId: string, request: { readonly discard: boolean }): Promise<CleanReport>
}

/** Creates the supervisor. It holds nothing open between calls. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const loopLimits = { ...defaultLimits, ...options.limits }
  const parts: HeldTaskParts = { ...options, loopLimits, inboxes: new Map() }
  const create = (contract: TaskContract, id = randomBytes(8).toString('hex')): Promise<HeldTask> =>
    HeldTask.create(parts, contract, id)
  const take = (sessionId: string): Promise<HeldTask> => HeldTask.take(parts, sessionId)
  return {
    start: async (contract, run) => (await create(contract, run.sessionId)).run(run),
    resume: async (sessionId, run) => (await take(sessionId)).run(run),
    create,
    take,
    send: (sessionId, order) => send(parts, sessionId, order),
    state: async (sessionId) => {
      await existing(options.store, sessionId)
      return readState(options.store, sessionId, loopLimits)
    },
    diff: (sessionId) => diff(options, loopLimits, sessionId),
    rollback: (sessionId, request) =>
      withFiles(parts, sessionId, async (journal, dir) =>
        rollBackFiles(journal, await openPlace(dir, intact(journal.state, sessionId)), request),
      ),
    apply: (sessionId, request) =>
      withFiles(parts, sessionId, (journal, dir) => applyResult(journal, dir, request)),
    clean: (sessionId, { discard }) =>
      withFiles(parts, sessionId, (journal, dir) =>
        cleanSession(journal, dir, { env: options.env, graceMs: options.graceMs ?? GRACE_MS, discard }),
      ),
  }
}

async function send(parts: HeldTaskParts, sessionId: string, order: TaskOrder): Promise<void> {
  const { outcome } = await existing(parts.store, sessionId)
  if (outcome !== null) await refuseUnheard(parts, sessionId, order)
  await parts.store.commands.add(sessionId, order)
  await parts.inboxes.get(sessionId)?.read()
}

// Words for a task that can be resumed are kept until it is.
async function refuseUnheard(
  { store, loopLimits }: HeldTaskParts,
  sessionId: string,
  order: TaskOrder,
): Promise<void> {
  const { end } = await readState(store, sessionId, loopLimits)
  const keeps = order.do === 'message' || order.do === 'answer'
  if (end === null || (keeps && canContinue(end))) return
  const then = canContinue(end) ? ' Resume it first.' : ''
  throw new SupervisorError('SESSION_ENDED', `Session ${sessionId} has ended: ${end.message}${then}`)
}

async function diff(
  { store, stateDir }: { readonly store: Store; readonly stateDir: string },
  limits: LoopLimits,
  sessionId: string,
): Promise<string> {
  await existing(store, sessionId)
  const state = await readState(store, sessionId, limits)
  const from = startingTree(state)
  if (from === null || state.tree === null) return ''
  return patchBetween(readWorkspace(sessionFolder(stateDir, sessionId)), { from, to: state.tree })
}

/** Does something with the files of a session that nobody runs meanwhile. */
async function withFiles<Result>(
  { store, stateDir, log, loopLimits: limits }: HeldTaskParts,
  sessionId: string,
  act: (journal: Journal, sessionDir: string) => Promise<Result>,
): Promise<Result> {
  await existing(store, sessionId)
  const lease = await acquire(store, sessionId)
  try {
    const state = await readState(store, sessionId, limits)
    intact(state, sessionId)
    const journal = new Journal({ store, log, lease, limits, onEvent: () => {} }, state)
    return await act(journal, sessionFolder(stateDir, sessionId))
  } finally {
    await store.leases.release(lease)
  }
}
