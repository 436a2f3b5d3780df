import type { SessionState } from '../session/session-state.ts'
import { startingTree } from '../session/session-state.ts'
import { SupervisorError } from '../supervisor-error.ts'
import { restore } from '../workspace/restore.ts'
import { changedFiles } from '../workspace/tree-diff.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { Journal } from './journal.ts'

export interface RollbackRequest {
  /** Files as they were before this turn; null = before the first. */
  readonly turn: number | null
  /** Whether what was changed after the task may be lost. */
  readonly discardLater: boolean
}

export interface RollbackReport {
  /** Files that were put back, relative to the working directory. */
  readonly paths: readonly string[]
  readonly turn: number
}

const SHOWN_PATHS = 5

/**
 * Puts all files back as they were before a turn, untracked ones included, and logs it. Throws ROLLBACK_IMPOSSIBLE where
 * nothing is known of that turn, and ROLLBACK_UNSAFE where something was changed since and may not be lost.
 */
export async function rollBackFiles(
  journal: Journal,
  workspace: Workspace,
  { turn, discardLater }: RollbackRequest,
): Promise<RollbackReport> {
  const { state } = journal
  const tree = treeBefore(state, turn)
  const now = await workspace.snapshot()
  const later = state.tree === null ? [] : await changedFiles(workspace, state.tree, now.tree)
  if (later.length > 0 && !discardLater) {
    const shown = later.slice(0, SHOWN_PATHS).map(({ path }) => path)
    const more = later.length > SHOWN_PATHS ? ` and ${later.length - SHOWN_PATHS} more` : ''
    throw new SupervisorError(
      'ROLLBACK_UNSAFE',
      `Files were changed after the task: ${shown.join(', ')}${more}. Keep them elsewhere, or say that they may be lost.`,
    )
  }
  const paths = await restore(workspace, tree, null)
  const left = await workspace.snapshot()
  const before = turn ?? 1
  await journal.append({ type: 'files.restored', turn: before, tree: left.tree, paths })
  return { paths, turn: before }
}

function treeBefore(state: SessionState, turn: number | null): string {
  const record = state.turns.find((one) => one.turn === turn)
  const tree = turn === null ? startingTree(state) : (record?.startTree ?? null)
  if (tree !== null) return tree
  const known = state.turns.map((one) => one.turn).join(', ')
  const message =
    turn === null
      ? 'The task ended before it looked at any file: there is nothing to put back.'
      : `There was no turn ${turn}. ${known === '' ? 'There were none.' : `Turns: ${known}.`}`
  throw new SupervisorError('ROLLBACK_IMPOSSIBLE', message)
}
