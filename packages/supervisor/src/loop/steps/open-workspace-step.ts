import { type TaskRun, snapshotTree, workspaceOf } from '../task-run.ts'

/** Records the files as they are before anything acts on them. */
export async function openWorkspaceStep(run: TaskRun): Promise<void> {
  const { git, dirty } = await workspaceOf(run)
  const baseTree = await snapshotTree(run)
  await run.journal.append({ type: 'workspace.opened', git, dirty, baseTree })
}
