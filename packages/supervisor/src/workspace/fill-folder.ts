import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { UserRepository } from './user-repository.ts'
import { type Workspace, openWorkspace } from './workspace.ts'
import type { WorkspaceOrder } from './workspace-order.ts'

export interface FillRequest {
  readonly sessionDir: string
  /** The person's folder. */
  readonly workingDir: string
  readonly order: WorkspaceOrder
  /** The folder to fill. */
  readonly root: string
  readonly user: UserRepository | null
  readonly head: string | null
}

/**
 * Writes the files of the person's folder into another: as they were committed, or as they are now. They come out of the
 * private repository, byte for byte and without filters or hooks. Ignored files do not come along.
 */
export async function fillFolder(request: FillRequest): Promise<void> {
  const { sessionDir, workingDir, order, root, user, head } = request
  const origin = await openWorkspace(workingDir, sessionDir, { view: 'origin' })
  const prefix = user?.prefix ?? ''
  const index = join(origin.gitDir, 'fill-index')
  const at = { cwd: root, env: { GIT_WORK_TREE: root, GIT_INDEX_FILE: index } }
  await rm(index, { force: true })
  if (head !== null) await origin.run(['read-tree', head], at)
  if (head === null || order.uncommitted) await takeUncommitted(origin, prefix, at)
  await mkdir(join(root, prefix), { recursive: true })
  await origin.run(['checkout-index', '--all', '--force'], at)
  await rm(index, { force: true })
}

// The working directory as it is now, in the place of the committed one.
async function takeUncommitted(
  origin: Workspace,
  prefix: string,
  at: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  const { tree } = await origin.snapshot()
  if (prefix === '') {
    await origin.run(['read-tree', tree], at)
    return
  }
  const { stdout } = await origin.run(['ls-files', '-z', '--', `${prefix}/`], at)
  await origin.run(['update-index', '-z', '--force-remove', '--stdin'], { ...at, input: stdout })
  await origin.run(['read-tree', `--prefix=${prefix}/`, tree], at)
}
