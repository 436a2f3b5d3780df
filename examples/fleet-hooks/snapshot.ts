import { mkdtemp, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { git, gitLine } from './git.ts'

/** A folder of a repository, whose files are remembered under a reference of ours. */
export interface Place {
  readonly workingDir: string
  /** Full name, outside of `refs/heads`. */
  readonly ref: string
}

const AUTHOR = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((who) => [
    [`GIT_${who}_NAME`, 'fleet-hooks'],
    [`GIT_${who}_EMAIL`, 'fleet-hooks@localhost'],
  ]),
)

/** Uncommitted and untracked files below the folder. Rejects where there is no repository. */
export async function uncommitted(workingDir: string): Promise<readonly string[]> {
  const args = ['status', '--porcelain', '--untracked-files=all', '--no-renames', '-z', '--', '.']
  const status = (await git(args, { cwd: workingDir })).toString('utf8')
  return status.split('\0').flatMap((entry) => (entry === '' ? [] : [entry.slice(3)]))
}

/** Remembers all files as they are, untracked ones too. Index, branches and files of the person stay untouched. */
export async function remember({ workingDir, ref }: Place): Promise<void> {
  const head = await headOf(workingDir)
  const tree = await currentTree(workingDir)
  const parent = head === null ? [] : ['-p', head]
  // Its files are not ours to keep, but whether it was there before must be known.
  const nested = JSON.stringify(await nestedRepositories(workingDir))
  const args = ['commit-tree', tree, ...parent, '-m', 'before the task', '-m', nested]
  const commit = await gitLine(args, { cwd: workingDir, env: AUTHOR })
  await git(['update-ref', ref, commit], { cwd: workingDir })
}

export async function forget({ workingDir, ref }: Place): Promise<void> {
  await git(['update-ref', '-d', ref], { cwd: workingDir })
}

export interface Restored {
  readonly paths: readonly string[]
  /** Commits were made since; they stay. */
  readonly headMoved: boolean
}

/** Puts the folder's files back as remembered; null when nothing is. Ignored files are not touched. */
export async function restore({ workingDir, ref }: Place): Promise<Restored | null> {
  const cwd = workingDir
  const commit = await gitLine(['rev-parse', '--verify', '--quiet', ref], { cwd, okCodes: [0, 1] })
  if (commit === '') return null
  // The ignore rules first: what counts as ignored is what counted then.
  const rules = await restorePaths(workingDir, commit, (path) => basename(path) === '.gitignore')
  const rest = await restorePaths(workingDir, commit, () => true)
  const gone = await removeNewRepositories(workingDir, commit)
  const parent = await gitLine(['rev-parse', '--verify', '--quiet', `${commit}^1`], { cwd, okCodes: [0, 1] })
  const headMoved = parent !== ((await headOf(workingDir)) ?? '')
  await forget({ workingDir, ref })
  return { paths: [...rules, ...rest, ...gone], headMoved }
}

async function removeNewRepositories(workingDir: string, commit: string): Promise<readonly string[]> {
  const top = await topOf(workingDir)
  const noted = await gitLine(['show', '--no-patch', '--format=%b', commit], { cwd: workingDir })
  const before = new Set(JSON.parse(noted) as readonly string[])
  const made = (await nestedRepositories(workingDir)).filter((path) => !before.has(path))
  for (const path of made) await remove(top, path)
  return made
}

/** Repositories within the folder that are not part of its own, each with a slash at its end. */
async function nestedRepositories(workingDir: string): Promise<readonly string[]> {
  const args = ['ls-files', '--others', '--exclude-standard', '--full-name', '-z', '--', '.']
  const untracked = (await git(args, { cwd: workingDir })).toString('utf8').split('\0')
  return untracked.filter((path) => path.endsWith('/'))
}

function topOf(workingDir: string): Promise<string> {
  return gitLine(['rev-parse', '--show-toplevel'], { cwd: workingDir })
}

async function restorePaths(
  workingDir: string,
  commit: string,
  wanted: (path: string) => boolean,
): Promise<readonly string[]> {
  const top = await topOf(workingDir)
  const now = await currentTree(workingDir)
  const scope = ['--no-renames', '--name-status', '-r', '-z', `${commit}^{tree}`, now, '--', '.']
  const listed = await git(['diff-tree', ...scope], { cwd: workingDir })
  const fields = listed.toString('utf8').split('\0').slice(0, -1)
  const back: string[] = []
  const gone: string[] = []
  for (let at = 0; at < fields.length; at += 2) {
    const path = fields[at + 1] ?? ''
    if (wanted(path)) (fields[at] === 'A' ? gone : back).push(path)
  }
  for (const path of gone) await remove(top, path)
  if (back.length > 0) await checkOut(top, commit, back)
  return [...gone, ...back]
}

function checkOut(top: string, commit: string, paths: readonly string[]): Promise<void> {
  return withIndex(async (env) => {
    await git(['read-tree', commit], { cwd: top, env })
    const input = paths.map((path) => `${path}\0`).join('')
    await git(['checkout-index', '--force', '-z', '--stdin'], { cwd: top, env, input })
  })
}

async function remove(top: string, path: string): Promise<void> {
  await rm(join(top, path), { force: true, recursive: true })
  // Folders that this left empty go too; git does not know them.
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const emptied = await rmdir(join(top, parent)).then(
      () => true,
      () => false,
    )
    if (!emptied) return
  }
}

/** A tree of the files as they are, made in an index of its own. */
function currentTree(workingDir: string): Promise<string> {
  return withIndex(async (env) => {
    // What the person tracks stays tracked, also where an ignore rule would hide it.
    const entries = await git(['ls-files', '-s', '-z', '--full-name', ':/'], { cwd: workingDir })
    await git(['update-index', '-z', '--index-info'], { cwd: workingDir, env, input: entries })
    // One without a commit cannot be added, and then nothing would be.
    const others = (await nestedRepositories(workingDir)).map((path) => `:(top,exclude,literal)${path}`)
    await git(['add', '--all', '--', '.', ...others], { cwd: workingDir, env })
    return gitLine(['write-tree'], { cwd: workingDir, env })
  })
}

async function withIndex<Result>(
  act: (env: { readonly GIT_INDEX_FILE: string }) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'fleet-hooks-'))
  try {
    return await act({ GIT_INDEX_FILE: join(folder, 'index') })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function headOf(workingDir: string): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', 'HEAD']
  const head = await gitLine(args, { cwd: workingDir, okCodes: [0, 1] })
  return head === '' ? null : head
}
