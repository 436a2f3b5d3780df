import type { DiffRuleCheckSpec } from '@agentproxy/plugin'
import { type CheckOutcome, notRun } from '../../gate/check-outcome.ts'
import { judgeDiff } from '../../gate/judge-diff.ts'
import { startingTree } from '../../session/session-state.ts'
import { changedFiles, patchBetween } from '../../workspace/tree-diff.ts'
import { type TaskRun, workspaceOf } from '../task-run.ts'

/** Holds the task's changes, up to `tree`, against the rules. */
export async function runDiffRule(
  run: TaskRun,
  check: DiffRuleCheckSpec,
  tree: string,
): Promise<CheckOutcome> {
  const from = startingTree(run.journal.state)
  if (from === null || run.journal.state.turns.length === 0)
    return notRun('skipped', 'nothing can have changed yet', null)
  const workspace = await workspaceOf(run)
  const files = await changedFiles(workspace, from, tree)
  const patch = check.forbidAdded.length === 0 ? '' : await patchBetween(workspace, { from, to: tree })
  return judgeDiff(check, { files, patch })
}
