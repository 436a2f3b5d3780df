import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { SessionRecord, Store } from '@agentproxy/store'
import { SupervisorError } from '@agentproxy/supervisor'
import type { Supervisor } from '@agentproxy/supervisor'
import { createFileSupervisor } from './file-supervisor.ts'
import { stateDirOf } from './paths.ts'
import type { Env } from './paths.ts'

const PAGE = 200

export interface CleanUpOptions {
  readonly store: Store
  readonly env: Env
  /** Sessions that did not change since then, milliseconds since 1970. */
  readonly before: number
  /** Only tell what would go. */
  readonly dryRun: boolean
}

/** What went, or would go. */
export interface CleanedUp {
  readonly sessions: readonly SessionRecord[]
  /** Sessions that stay: their private folder has a result that was not brought back. */
  readonly kept: readonly SessionRecord[]
  /** Old folders of sessions that nobody knows any more. */
  readonly folders: readonly string[]
}

/** Deletes old sessions with their logs and folders, but none that runs. What they cost stays known. */
export async function cleanUp(options: CleanUpOptions): Promise<CleanedUp> {
  const { store, env, dryRun } = options
  const supervisor = createFileSupervisor(store, env)
  const sessions: SessionRecord[] = []
  const kept: SessionRecord[] = []
  for await (const session of oldSessions(options)) {
    if (await store.leases.isHeld(session.id)) continue
    if (!dryRun && !(await removePrivateFolder(supervisor, session.id))) {
      kept.push(session)
      continue
    }
    // The row first: a folder without one is found by the next cleaning, a session without its folder is broken.
    if (!dryRun && !(await store.sessions.delete(session.id))) continue
    if (!dryRun)
      await rm(path.join(stateDirOf(env), 'sessions', session.id), { recursive: true, force: true })
    sessions.push(session)
  }
  return { sessions, kept, folders: await cleanFolders(options) }
}

/** false = it has a result that nobody brought back, or is in use. What cannot be read as a task has none. */
async function removePrivateFolder(supervisor: Supervisor, id: string): Promise<boolean> {
  try {
    await supervisor.clean(id, { discard: false })
    return true
  } catch (error) {
    if (!SupervisorError.is(error)) throw error
    return error.code === 'SESSION_BROKEN' || error.code === 'WORKSPACE_MISSING'
  }
}

async function* oldSessions({ store, before: updatedBefore }: CleanUpOptions): AsyncGenerator<SessionRecord> {
  for (let last: SessionRecord | undefined; ;) {
    const page = await store.sessions.list({
      limit: PAGE,
      updatedBefore,
      ...(last !== undefined && { before: last }),
    })
    yield* page
    last = page.at(-1)
    if (page.length < PAGE) return
  }
}

async function cleanFolders({ store, env, before, dryRun }: CleanUpOptions): Promise<readonly string[]> {
  const home = path.join(stateDirOf(env), 'sessions')
  const found = await readdir(home).catch(() => [])
  const gone: string[] = []
  for (const name of found) {
    const folder = path.join(home, name)
    const { mtimeMs } = await stat(folder)
    if (mtimeMs >= before || (await store.sessions.get(name)) !== null) continue
    if (!dryRun) await rm(folder, { recursive: true, force: true })
    gone.push(folder)
  }
  return gone
}
