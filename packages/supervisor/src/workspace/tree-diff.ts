import type { ChangedFile } from '../session/task-event.ts'
import type { Workspace } from './workspace.ts'

/** Files that differ between two trees, sorted by path. */
export async function changedFiles(
  workspace: Workspace,
  from: string,
  to: string,
): Promise<readonly ChangedFile[]> {
  if (from === to) return []
  const args = ['diff-tree', '-r', '-z', '--no-renames', '--no-ext-diff', '--no-textconv']
  const names = (await workspace.run([...args, '--name-status', from, to])).stdout
    .toString('utf8')
    .split('\0')
  const counts = await lineCounts(workspace, [...args, '--numstat', from, to])
  const files: ChangedFile[] = []
  for (let at = 0; at + 1 < names.length; at += 2) {
    const status = names[at] ?? ''
    const path = names[at + 1] ?? ''
    files.push({
      path,
      operation: operationOf(status),
      ...(counts.get(path) ?? { linesAdded: null, linesRemoved: null }),
    })
  }
  return files
}

type Counts = Pick<ChangedFile, 'linesAdded' | 'linesRemoved'>

async function lineCounts(
  workspace: Workspace,
  args: readonly string[],
): Promise<ReadonlyMap<string, Counts>> {
  const counts = new Map<string, Counts>()
  for (const record of (await workspace.run(args)).stdout.toString('utf8').split('\0')) {
    const [added, removed, path] = splitTwice(record)
    if (path === '') continue
    // A binary file has `-` instead of numbers.
    counts.set(path, {
      linesAdded: added === '-' ? null : Number(added),
      linesRemoved: removed === '-' ? null : Number(removed),
    })
  }
  return counts
}

function splitTwice(record: string): [string, string, string] {
  const first = record.indexOf('\t')
  const second = record.indexOf('\t', first + 1)
  return first === -1 || second === -1
    ? ['', '', '']
    : [record.slice(0, first), record.slice(first + 1, second), record.slice(second + 1)]
}

function operationOf(status: string): ChangedFile['operation'] {
  if (status.startsWith('A')) return 'create'
  return status.startsWith('D') ? 'delete' : 'modify'
}

/** The difference as a patch, of the given paths or of all. Renames are shown as such. */
export async function patchBetween(
  workspace: Workspace,
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
  workspace: Workspace,
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
export async function fileInTree(workspace: Workspace, tree: string, path: string): Promise<string | null> {
  const shown = await workspace.run(['cat-file', 'blob', `${tree}:${path}`], { okCodes: [0, 128] })
  return shown.code === 0 ? shown.stdout.toString('utf8') : null
}
