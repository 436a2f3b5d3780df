import { access, appendFile, mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { SupervisorError } from '../supervisor-error.ts'
import { type GitResult, git } from './git.ts'
import { type UserRepository, findUserRepository } from './user-repository.ts'

/** Reads what a private repository remembers; safe beside a running task. */
export type WorkspaceReader = Pick<Workspace, 'run'>

/**
 * What is looked at: `work`, the folder the agent works in, or `origin`, the person's own folder that a private one was
 * made from. Both share one private repository, each with an index and a reference of its own.
 */
type View = 'work' | 'origin'

export interface OpenOptions {
  readonly view?: View
  /** No repository is looked for in this folder or above it. */
  readonly ceiling?: string
}

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
  /** Copies what is borrowed of other repositories, so that nothing that happens to them loses a snapshot. */
  own(): Promise<void>
}

interface Snapshot {
  /** Tree hash of the working directory. */
  readonly tree: string
  /** Files that could not be recorded, one line each; empty in the normal case. */
  readonly problems: readonly string[]
}

interface RunOptions {
  /** Default: the workspace's folder. */
  readonly cwd?: string
  readonly input?: string | Buffer
  readonly okCodes?: readonly number[]
  readonly env?: Readonly<Record<string, string>>
}

const SNAPSHOT_REFS: Readonly<Record<View, string>> = {
  work: 'refs/agentproxy/snapshots',
  origin: 'refs/agentproxy/origin',
}
const INDEXES: Readonly<Record<View, string>> = { work: 'index', origin: 'origin-index' }
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
 * repository already has are borrowed from it until `own`. Where the repository is found is kept from the first time on:
 * an agent that deletes or moves it does not change what is looked at. Throws `WORKSPACE_MISSING`, `GIT_MISSING`,
 * `GIT_FAILED`.
 */
export async function openWorkspace(
  workingDir: string,
  stateDir: string,
  { view = 'work', ceiling }: OpenOptions = {},
): Promise<Workspace> {
  const dir = await existingDirectory(workingDir)
  const gitDir = join(stateDir, 'workspace.git')
  const known = await readSite(gitDir, view)
  const user = known === null ? await findUserRepository(dir, ceiling) : null
  const site = known ?? siteOf(dir, user)
  await prepare(gitDir, view, user)
  if (known === null) await exclude({ gitDir, top: site.top, stateDir, user })
  const env = { GIT_DIR: gitDir, GIT_WORK_TREE: site.top, GIT_INDEX_FILE: join(gitDir, INDEXES[view]) }
  const run: Workspace['run'] = (args, options = {}) =>
    git(args, { cwd: dir, ...options, env: { ...env, ...options.env } })
  await seedIndex(env.GIT_INDEX_FILE, user, run)
  if (known === null) await writeFile(join(gitDir, `${view}.json`), JSON.stringify(site))
  const last: LastSnapshot = { ref: SNAPSHOT_REFS[view], tree: await keptTree(run, SNAPSHOT_REFS[view]) }
  return {
    dir,
    gitDir,
    git: site.git,
    dirty: site.dirty,
    run,
    snapshot: () => snapshot(run, site.prefix, last),
    own: () => own(run, gitDir),
  }
}

/** What is known of a folder since it was first opened. */
interface Site {
  /** Top of the repository, or the folder itself. */
  readonly top: string
  /** The folder below the top, with forward slashes. */
  readonly prefix: string
  readonly git: boolean
  readonly dirty: boolean
}

function siteOf(dir: string, user: UserRepository | null): Site {
  if (user === null) return { top: dir, prefix: '', git: false, dirty: false }
  return { top: user.topLevel, prefix: user.prefix, git: true, dirty: user.dirty }
}

async function readSite(gitDir: string, view: View): Promise<Site | null> {
  try {
    return JSON.parse(await readFile(join(gitDir, `${view}.json`), 'utf8')) as Site
  } catch {
    // Not opened before, or killed while it was.
    return null
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

async function prepare(gitDir: string, view: View, user: UserRepository | null): Promise<void> {
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
    await appendFile(alternatesOf(gitDir), `${join(user.commonDir, 'objects')}\n`)
  }
  // Locks of a run that was killed; the session's lease makes us the only writer.
  const left = [`${INDEXES[view]}.lock`, 'restore-index', 'restore-index.lock', `${SNAPSHOT_REFS[view]}.lock`]
  for (const lock of left) {
    await rm(join(gitDir, lock), { force: true })
  }
}

function alternatesOf(gitDir: string): string {
  return join(gitDir, 'objects', 'info', 'alternates')
}

// Deltas that are there are used again and none are sought: a copy, not a compression.
async function own(run: Workspace['run'], gitDir: string): Promise<void> {
  if (!(await exists(alternatesOf(gitDir)))) return
  await run(['-c', 'pack.window=0', 'repack', '-a', '-d', '-q'])
  await rm(alternatesOf(gitDir), { force: true })
}

interface ExcludeInput {
  readonly gitDir: string
  readonly top: string
  readonly stateDir: string
  readonly user: UserRepository | null
}

async function exclude({ gitDir, top, stateDir, user }: ExcludeInput): Promise<void> {
  const rules = [...JUNK, user?.exclude ?? '']
  const state = relative(top, await realpath(stateDir))
  // Our own state may be kept inside the project.
  if (state !== '' && !state.startsWith('..')) rules.push(`/${state.split(sep).join('/')}/`)
  await writeFile(join(gitDir, 'info', 'exclude'), `${rules.join('\n')}\n`)
}

// Files that are tracked although an ignore rule matches them stay visible only if the index knows them.
async function seedIndex(index: string, user: UserRepository | null, run: Workspace['run']): Promise<void> {
  if (user === null || user.indexEntries.length === 0) return
  const seeded = await exists(index)
  if (!seeded) await run(['update-index', '-z', '--index-info'], { input: user.indexEntries })
}

interface LastSnapshot {
  readonly ref: string
  tree: string | null
}

async function keptTree(run: Workspace['run'], ref: string): Promise<string | null> {
  const found = await run(['rev-parse', '--quiet', '--verify', `${ref}^{tree}`], {
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
  const parent = last.tree === null ? [] : ['-p', last.ref]
  const commit = text(await run(['commit-tree', tree, ...parent, '-m', 'snapshot'], { env: AUTHOR }))
  await run(['update-ref', last.ref, commit])
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
