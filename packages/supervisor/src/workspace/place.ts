import { cp, mkdir, readFile, readdir, realpath, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import type { TaskContract } from '../session/task-event.ts'
import { SupervisorError } from '../supervisor-error.ts'
import { fillFolder } from './fill-folder.ts'
import { git } from './git.ts'
import { removeFolder } from './remove-folder.ts'
import { type UserRepository, findUserRepository } from './user-repository.ts'
import { type Workspace, openWorkspace } from './workspace.ts'
import type { WorkspaceOrder } from './workspace-order.ts'

/** A folder made for one task. */
export interface Place {
  readonly mode: 'worktree' | 'clone'
  /** Everything that was made is below. */
  readonly root: string
  /** Where the agent works: the part of `root` that the person's working directory is of their repository. */
  readonly dir: string
  /** Branch that is checked out there; null without a repository. */
  readonly branch: string | null
  /** The person's repository that a worktree is registered in; null for a clone. */
  readonly commonDir: string | null
}

export interface PlaceRequest {
  readonly sessionId: string
  readonly sessionDir: string
  /** The person's folder. */
  readonly workingDir: string
  readonly order: WorkspaceOrder
  /** Runs once the files are there; a failure leaves the place unfinished. */
  setUp(dir: string): Promise<void>
}

interface Note extends Place {
  readonly ready: boolean
}

/**
 * Makes the place of a task, or finds the one made before. What a killed run left half made is removed and made anew.
 * Of the person's repository nothing is touched but what a worktree needs: its entry and its branch.
 */
export async function makePlace(request: PlaceRequest): Promise<Place> {
  const { sessionDir } = request
  const note = await readNote(sessionDir)
  if (note?.ready === true) return present(note)
  if (note !== null) await removePlace(sessionDir)
  const { place, user, head } = await plan(request)
  // Written before anything is made, so that whatever is made can be found and removed.
  await writeNote(sessionDir, { ...place, ready: false })
  await mkdir(dirname(place.root), { recursive: true, mode: 0o700 })
  await createRepository(place, user, head)
  await fillFolder({ ...request, root: place.root, user, head })
  await copyIgnored(request, place.dir)
  await request.setUp(place.dir)
  await writeNote(sessionDir, { ...place, ready: true })
  return place
}

/** The place of a session as it was noted; null when it has none. */
export function readPlace(sessionDir: string): Promise<Place | null> {
  return readNote(sessionDir)
}

/** Removes a place with all that it left elsewhere. Does nothing where there is none. */
export async function removePlace(sessionDir: string): Promise<void> {
  const note = await readNote(sessionDir)
  if (note === null) return
  await removeFolder(note.root)
  if (note.commonDir !== null && note.branch !== null) {
    await removeWorktreeEntry(note.commonDir, note.root)
    const gone = { cwd: sessionDir, env: { GIT_DIR: note.commonDir }, okCodes: [0, 1, 128] }
    await git(['update-ref', '-d', `refs/heads/${note.branch}`], gone)
  }
  // The view of a folder that is gone is of no use to a new one.
  for (const file of ['work.json', 'index'])
    await rm(join(sessionDir, 'workspace.git', file), { force: true })
  await rm(noteFile(sessionDir), { force: true })
}

async function plan({ sessionId, sessionDir, workingDir, order }: PlaceRequest) {
  const user = await findUserRepository(await realpath(workingDir))
  const head = user === null ? null : await headOf(user)
  if (order.mode === 'worktree' && (user === null || head === null)) {
    const why = user === null ? 'is not in a git repository' : 'is in a repository without any commit'
    throw new SupervisorError('WORKTREE_IMPOSSIBLE', `${workingDir} ${why}. Use --workspace clone instead.`)
  }
  // The last part of the path names the worktree in the person's repository.
  const root = join(await realpath(sessionDir), 'work', sessionId)
  const place: Place = {
    mode: order.mode === 'worktree' ? 'worktree' : 'clone',
    root,
    dir: user === null ? root : join(root, user.prefix),
    branch: head === null ? null : `agentproxy/${sessionId.replaceAll('.', '-')}`,
    commonDir: order.mode === 'worktree' ? (user?.commonDir ?? null) : null,
  }
  return { place, user, head }
}

async function headOf({ topLevel }: UserRepository): Promise<string | null> {
  const found = await git(['rev-parse', '--quiet', '--verify', 'HEAD^{commit}'], {
    cwd: topLevel,
    okCodes: [0, 1, 128],
  })
  return found.code === 0 ? found.stdout.toString('utf8').trim() : null
}

async function createRepository(
  { mode, root, branch }: Place,
  user: UserRepository | null,
  head: string | null,
): Promise<void> {
  if (user === null || head === null || branch === null) {
    await mkdir(root, { recursive: true })
    return
  }
  const at = { cwd: user.topLevel }
  if (mode === 'worktree') {
    await git(['worktree', 'add', '--quiet', '--no-checkout', '-b', branch, root, head], at)
  } else {
    // No hard links: an agent that writes into its objects must not reach the person's.
    const clone = ['clone', '--quiet', '--local', '--no-hardlinks', '--no-checkout', '--template=']
    await git([...clone, user.topLevel, root], at)
    await git(['remote', 'remove', 'origin'], { cwd: root })
    await git(['update-ref', `refs/heads/${branch}`, head], { cwd: root })
    await git(['symbolic-ref', 'HEAD', `refs/heads/${branch}`], { cwd: root })
  }
  await git(['read-tree', head], { cwd: root })
}

async function copyIgnored({ workingDir, order }: PlaceRequest, dir: string): Promise<void> {
  const from = await realpath(workingDir)
  for (const path of order.copy) {
    const source = await realpath(resolve(from, path)).catch(() => null)
    // A project does not have each of them.
    if (source === null) continue
    if (!isInside(from, source))
      throw new SupervisorError('WORKSPACE_COPY', `${path} is outside ${workingDir} and is not copied.`)
    await cp(source, join(dir, relative(from, resolve(from, path))), {
      recursive: true,
      verbatimSymlinks: true,
    })
  }
}

function isInside(dir: string, path: string): boolean {
  const inside = relative(dir, path)
  return inside !== '' && !inside.startsWith('..') && !isAbsolute(inside)
}

// Not `git worktree prune`, which would forget those of the person on a disk that is away.
async function removeWorktreeEntry(commonDir: string, root: string): Promise<void> {
  const entries = join(commonDir, 'worktrees')
  for (const name of await readdir(entries).catch(() => [])) {
    const entry = join(entries, name)
    const gitdir = await readFile(join(entry, 'gitdir'), 'utf8').catch(() => '')
    if (gitdir.trim() === join(root, '.git')) await rm(entry, { recursive: true, force: true })
  }
  // Goes with its last entry, as git would have it.
  await rmdir(entries).catch(() => {})
}

async function present(place: Place): Promise<Place> {
  const found = await stat(place.dir).catch(() => null)
  if (found?.isDirectory() === true) return place
  throw new SupervisorError(
    'WORKSPACE_MISSING',
    `The private folder of the task, ${place.dir}, is gone. Start the task anew.`,
  )
}

function noteFile(sessionDir: string): string {
  return join(sessionDir, 'place.json')
}

async function readNote(sessionDir: string): Promise<Note | null> {
  const text = await readFile(noteFile(sessionDir), 'utf8').catch(() => null)
  return text === null ? null : (JSON.parse(text) as Note)
}

async function writeNote(sessionDir: string, note: Note): Promise<void> {
  await mkdir(sessionDir, { recursive: true, mode: 0o700 })
  const draft = `${noteFile(sessionDir)}.new`
  await writeFile(draft, JSON.stringify(note), { mode: 0o600 })
  await rename(draft, noteFile(sessionDir))
}

/** Opens the folder a session works in, whichever its mode. */
export async function openPlace(
  sessionDir: string,
  { workingDir, workspace: { mode } }: Pick<TaskContract, 'workingDir' | 'workspace'>,
): Promise<Workspace> {
  if (mode === 'in-place') return openWorkspace(workingDir, sessionDir)
  const place = await readNote(sessionDir)
  if (place === null)
    throw new SupervisorError('WORKSPACE_MISSING', 'The private folder of the task was removed.')
  await present(place)
  return openWorkspace(place.dir, sessionDir, { ceiling: dirname(place.root) })
}
