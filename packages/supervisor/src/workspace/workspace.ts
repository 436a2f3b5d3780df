import { access, mkdir, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { SupervisorError } from '../supervisor-error.ts'
import { type GitResult, git } from './git.ts'
import { type UserRepository, findUserRepository } from './user-repository.ts'

/** Reads what a private repository remembers; safe beside a running task. */
export type WorkspaceReader = Pick<Workspace, 'run'>

/** The working directory and the private repository that remembers its states. The person's own repository is only read. */
export interface Workspace {
  /** Real path of the working directory. */
  readonly dir: string
  /** Private repository: pass as `GIT_DIR`. */
  readonly gitDir: string
  /** Whether the person has a repository here. */
  readonly git: boolean
  /** Whether that repository had uncommitted changes when the workspace was opened. */
  readonly dirty: boolean
  /** Records the files as they are, untracked ones included and ignored ones not. */
  snapshot(): Promise<Snapshot>
  run(args: readonly string[], options?: RunOptions): Promise<GitResult>
}

interface Snapshot {
  /** Tree hash of the working directory. */
  readonly tree: string
  /** Files that could not be recorded, one line each; empty in the normal case. */
  readonly problems: readonly string[]
}

interface RunOptions {
  readonly input?: string | Buffer
  readonly okCodes?: readonly number[]
  readonly env?: Readonly<Record<string, string>>
}

const SNAPSHOT_REF = 'refs/agentproxy/snapshots'
// Folders that tools fill and nobody writes; without an ignore file they would drown the change set.
const JUNK = ['node_modules/', '__pycache__/', '.pytest_cache/', '.DS_Store']
// Attributes of the working directory must not change bytes on their way in or out.
const ATTRIBUTES = '* -text -eol -crlf -filter -ident -working-tree-encoding\n'
const AUTHOR = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((who) => [
    [`GIT_${who}_NAME`, 'agentproxy'],
    [`GIT_${who}_EMAIL`, 'agentproxy@localhost'],
  ]),
)

/**
 * Opens the workspace, creating its private repository under `stateDir` on first use. Objects that the person's
 * repository already has are borrowed from it, not copied. Throws `WORKSPACE_MISSING`, `GIT_MISSING`, `GIT_FAILED`.
 */
export async function openWorkspace(workingDir: string, stateDir: string): Promise<Workspace> {
  const dir = await existingDirectory(workingDir)
  const gitDir = join(stateDir, 'workspace.git')
  const user = await findUserRepository(dir)
  await prepare(gitDir, user)
  await exclude({ gitDir, dir, stateDir, user })
  const workTree = user?.topLevel ?? dir
  const run: Workspace['run'] = (args, options = {}) =>
    git(args, { cwd: dir, ...options, env: { GIT_DIR: gitDir, GIT_WORK_TREE: workTree, ...options.env } })
  await seedIndex(gitDir, user, run)
  const last: LastSnapshot = { tree: await keptTree(run) }
  return {
    dir,
    gitDir,
    git: user !== null,
    dirty: user?.dirty ?? false,
    run,
    snapshot: () => snapshot(run, user?.prefix ?? '', last),
  }
}

/** Opens the private repository under `stateDir` for reading only. */
export function readWorkspace(stateDir: string): WorkspaceReader {
  const gitDir = join(stateDir, 'workspace.git')
  return {
    run: (args, options = {}) =>
      git(args, { cwd: stateDir, ...options, env: { GIT_DIR: gitDir, ...options.env } }),
  }
}

async function existingDirectory(workingDir: string): Promise<string> {
  const isDirectory = await stat(workingDir).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isDirectory) {
    throw new SupervisorError(
      'WORKSPACE_MISSING',
      `The working directory ${workingDir} does not exist. Create it or name another one.`,
    )
  }
  return realpath(workingDir)
}

async function prepare(gitDir: string, user: UserRepository | null): Promise<void> {
  await mkdir(gitDir, { recursive: true, mode: 0o700 })
  if (!(await exists(join(gitDir, 'HEAD')))) {
    const format = user?.objectFormat ?? 'sha1'
    await git(['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, gitDir], {
      cwd: gitDir,
    })
  }
  await mkdir(join(gitDir, 'info'), { recursive: true })
  await writeFile(join(gitDir, 'info', 'attributes'), ATTRIBUTES)
  if (user !== null) {
    await mkdir(join(gitDir, 'objects', 'info'), { recursive: true })
    await writeFile(join(gitDir, 'objects', 'info', 'alternates'), `${join(user.commonDir, 'objects')}\n`)
  }
  // Locks of a run that was killed; the session's lease makes us the only writer.
  for (const lock of ['index.lock', 'restore-index', 'restore-index.lock', `${SNAPSHOT_REF}.lock`]) {
    await rm(join(gitDir, lock), { force: true })
  }
}

interface ExcludeInput {
  readonly gitDir: string
  readonly dir: string
  readonly stateDir: string
  readonly user: UserRepository | null
}

async function exclude({ gitDir, dir, stateDir, user }: ExcludeInput): Promise<void> {
  const rules = [...JUNK, user?.exclude ?? '']
  const own = relative(user?.topLevel ?? dir, await realpath(stateDir))
  // Our own state may be kept inside the project.
  if (own !== '' && !own.startsWith('..')) rules.push(`/${own.split(sep).join('/')}/`)
  await writeFile(join(gitDir, 'info', 'exclude'), `${rules.join('\n')}\n`)
}

// Files that are tracked although an ignore rule matches them stay visible only if the index knows them.
async function seedIndex(gitDir: string, user: UserRepository | null, run: Workspace['run']): Promise<void> {
  if (user === null || user.indexEntries.length === 0) return
  const seeded = await exists(join(gitDir, 'index'))
  if (!seeded) await run(['update-index', '-z', '--index-info'], { input: user.indexEntries })
}

interface LastSnapshot {
  tree: string | null
}

async function keptTree(run: Workspace['run']): Promise<string | null> {
  const found = await run(['rev-parse', '--quiet', '--verify', `${SNAPSHOT_REF}^{tree}`], {
    okCodes: [0, 1, 128],
  })
  return found.code === 0 ? text(found) : null
}

async function snapshot(run: Workspace['run'], prefix: string, last: LastSnapshot): Promise<Snapshot> {
  const added = await run(['add', '--all', '--ignore-errors', '.'], { okCodes: [0, 1, 128] })
  const problems = added.code === 0 ? [] : added.stderr.split('\n').filter((line) => line.trim() !== '')
  const tree = await writeTree(run, prefix)
  if (tree !== last.tree) await keep(run, tree, last)
  return { tree, problems }
}

async function writeTree(run: Workspace['run'], prefix: string): Promise<string> {
  const args = prefix === '' ? ['write-tree'] : ['write-tree', `--prefix=${prefix}/`]
  const written = await run(args, { okCodes: prefix === '' ? [0] : [0, 128] })
  if (written.code === 0) return text(written)
  // A folder without any file is not in the index.
  if (!written.stderr.includes('not found'))
    throw new SupervisorError('GIT_FAILED', `git write-tree failed: ${written.stderr.trim()}`)
  return text(await run(['mktree'], { input: '' }))
}

// A commit under a reference of its own holds the tree for as long as the session is kept.
async function keep(run: Workspace['run'], tree: string, last: LastSnapshot): Promise<void> {
  const parent = last.tree === null ? [] : ['-p', SNAPSHOT_REF]
  const commit = text(await run(['commit-tree', tree, ...parent, '-m', 'snapshot'], { env: AUTHOR }))
  await run(['update-ref', SNAPSHOT_REF, commit])
  last.tree = tree
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function text(result: GitResult): string {
  return result.stdout.toString('utf8').trim()
}
