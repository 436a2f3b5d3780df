import type { ChangedFile } from '../session/task-event.ts'
import type { WorkspaceReader } from './workspace.ts'

/** Files that differ between two trees, sorted by path. */
export async function changedFiles(
  workspace: WorkspaceReader,
  from: string,
  to: string,
): Promise<readonly ChangedFile[]> {
  if (from === to) return []
  const args = [
    'diff-tree',
    '-r',
    '-z',
    '--raw',
    '--numstat',
    '--no-renames',
    '--no-ext-diff',
    '--no-textconv',
  ]
  const fields = (await workspace.run([...args, from, to])).stdout.toString('utf8').split('\0')
  const operations: { readonly path: string; readonly operation: ChangedFile['operation'] }[] = []
  let at = 0
  // First `:modes hashes status`, path for every file, then `added TAB removed TAB path`.
  for (; fields[at]?.startsWith(':') === true; at += 2) {
    operations.push({
      path: fields[at + 1] ?? '',
      operation: operationOf(fields[at]?.split(' ').at(-1) ?? ''),
    })
  }
  const counts = new Map(fields.slice(at).map(readCounts))
  return operations.map((file) => ({ ...file, ...(counts.get(file.path) ?? binary) }))
}

type Counts = Pick<ChangedFile, 'linesAdded' | 'linesRemoved'>
const binary: Counts = { linesAdded: null, linesRemoved: null }

function readCounts(record: string): readonly [string, Counts] {
  const [added = '', removed = '', ...path] = record.split('\t')
  const counts = added === '-' ? binary : { linesAdded: Number(added), linesRemoved: Number(removed) }
  return [path.join('\t'), counts]
}

function operationOf(status: string): ChangedFile['operation'] {
  if (status.startsWith('A')) return 'create'
  return status.startsWith('D') ? 'delete' : 'modify'
}

/** The difference as a patch, of the given paths or of all. Renames are shown as such. */
export async function patchBetween(
  workspace: WorkspaceReader,
  trees: { readonly from: string; readonly to: string },
  paths: readonly string[] = [],
): Promise<string> {
  const args = [
    'diff-tree',
    '-r',
    '-p',
    '--find-renames',
    '--no-ext-diff',
    '--no-textconv',
    '--no-color',
    trees.from,
    trees.to,
  ]
  return (await workspace.run(paths.length === 0 ? args : [...args, '--', ...paths])).stdout.toString('utf8')
}

/** Files renamed between two trees: old path to new path. */
export async function renamedFiles(
  workspace: WorkspaceReader,
  from: string,
  to: string,
): Promise<ReadonlyMap<string, string>> {
  const args = ['diff-tree', '-r', '-z', '--find-renames', '--diff-filter=R', '--name-status', from, to]
  const fields = (await workspace.run(args)).stdout.toString('utf8').split('\0')
  const renamed = new Map<string, string>()
  for (let at = 0; at + 2 < fields.length; at += 3) renamed.set(fields[at + 1] ?? '', fields[at + 2] ?? '')
  return renamed
}

/** A file's text in a tree; null when it is not there. */
export async function fileInTree(
  workspace: WorkspaceReader,
  tree: string,
  path: string,
): Promise<string | null> {
  const shown = await workspace.run(['cat-file', 'blob', `${tree}:${path}`], { okCodes: [0, 128] })
  return shown.code === 0 ? shown.stdout.toString('utf8') : null
}
