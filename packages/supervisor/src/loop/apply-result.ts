import { type SessionState, startingTree } from '../session/session-state.ts'
import type { TaskContract } from '../session/task-event.ts'
import { SupervisorError } from '../supervisor-error.ts'
import { bringBack, planBringBack, planRest } from '../workspace/bring-back.ts'
import { openWorkspace } from '../workspace/workspace.ts'
import type { Journal } from './journal.ts'
import { pathTest } from '../session/path-test.ts'

export interface ApplyReport {
  /** Files of the working directory that were written or removed. */
  readonly paths: readonly string[]
  readonly verified: boolean
}

export interface ApplyRequest {
  /** Whether a result that was not verified may be brought back. */
  readonly unverified: boolean
}

/**
 * Writes what the task changed in its private folder into the person's own, all of it or nothing. One that was cut short
 * is finished by the next. Throws APPLY_IMPOSSIBLE, APPLY_UNVERIFIED, APPLY_CONFLICT.
 */
export async function applyResult(
  journal: Journal,
  sessionDir: string,
  { unverified }: ApplyRequest,
): Promise<ApplyReport> {
  const { state } = journal
  const { contract, from, to } = resultOf(state)
  const verified = isVerified(state)
  if (!verified && !unverified) {
    throw new SupervisorError(
      'APPLY_UNVERIFIED',
      'The result of this task is not verified. Look at its diff; --unverified brings it back all the same.',
    )
  }
  const origin = await openWorkspace(contract.workingDir, sessionDir, { view: 'origin' })
  const plan =
    state.applying === null
      ? await planBringBack(origin, { from, to })
      : await planRest(origin, state.applying)
  const isProtected = pathTest(contract.protectedPaths)
  const refused = plan.changes.find((file) => isProtected(file.path))
  if (refused !== undefined)
    throw new SupervisorError('APPLY_IMPOSSIBLE', `${refused.path} is protected. Nothing was written.`)
  if (state.applying === null) await journal.append({ type: 'result.applying', from: plan.from, to: plan.to })
  await bringBack(origin, plan)
  const paths = plan.changes.map((file) => file.path)
  await journal.append({ type: 'result.applied', tree: to, paths })
  return { paths, verified }
}

function resultOf(state: SessionState): {
  readonly contract: TaskContract
  readonly from: string
  readonly to: string
} {
  const { contract, tree } = state
  const from = startingTree(state)
  if (contract === null || contract.workspace.mode === 'in-place')
    throw new SupervisorError(
      'APPLY_IMPOSSIBLE',
      'The task works in the folder itself: its result is there already.',
    )
  if (from === null || tree === null)
    throw new SupervisorError('APPLY_IMPOSSIBLE', 'The task ended before it changed anything.')
  return { contract, from, to: tree }
}

/** Whether the last tree is the one that was proved. */
function isVerified(state: SessionState): boolean {
  return state.end?.outcome === 'done' && state.gate?.accepted === true && state.gate.tree === state.tree
}

/** Brings a verified result back where the task asks for it. What does not fit is told and left to the person. */
export async function applyIfAsked(journal: Journal, sessionDir: string): Promise<void> {
  const { state } = journal
  if (state.contract?.workspace.apply !== true || state.applied !== null || !isVerified(state)) return
  try {
    await applyResult(journal, sessionDir, { unverified: false })
  } catch (error) {
    if (!SupervisorError.is(error)) throw error
    await journal.append({ type: 'notice', level: 'warn', text: error.message })
  }
}
