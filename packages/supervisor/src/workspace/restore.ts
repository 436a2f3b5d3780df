import { rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { changedFiles } from './tree-diff.ts'
import type { Workspace } from './workspace.ts'

/**
 * Puts files back as they are in `tree`: the given paths, or with null every file that differs. Files the tree does not
 * know are removed; ignored files are never touched. Resolves with the paths that changed.
 */
export async function restore(
  workspace: Workspace,
  tree: string,
  paths: readonly string[] | null,
): Promise<readonly string[]> {
  const now = await workspace.snapshot()
  const wanted = paths === null ? null : new Set(paths)
  const changes = (await changedFiles(workspace, tree, now.tree)).filter(
    (change) => wanted?.has(change.path) ?? true,
  )
  for (const change of changes) if (change.operation === 'create') await remove(workspace.dir, change.path)
  const back = changes.filter((change) => change.operation !== 'create').map((change) => change.path)
  if (back.length > 0) await checkOut(workspace, tree, back)
  return changes.map((change) => change.path)
}

async function checkOut(workspace: Workspace, tree: string, paths: readonly string[]): Promise<void> {
  // An index of its own, rooted at the working directory, so that the tree's paths are the paths on disk.
  const env = { GIT_WORK_TREE: workspace.dir, GIT_INDEX_FILE: join(workspace.gitDir, 'restore-index') }
  await workspace.run(['read-tree', tree], { env })
  await workspace.run(['checkout-index', '--force', '-z', '--stdin'], {
    env,
    input: paths.map((path) => `${path}\0`).join(''),
  })
  await rm(env.GIT_INDEX_FILE, { force: true })
}

async function remove(dir: string, path: string): Promise<void> {
  await rm(join(dir, path), { force: true })
  // Folders that this left empty go too, as git would have it.
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const emptied = await rmdir(join(dir, parent)).then(
      () => true,
      () => false,
    )
    if (!emptied) return
  }
}
