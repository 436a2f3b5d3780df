import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openStore } from '../open-store.ts'
import type { Lease, NewSession, Store } from '../store.ts'

/** A path for a database in a folder that goes with the test. */
export function tempDatabase(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agentproxy-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'state', 'agentproxy.db')
}

/** A store on a real file, closed when the test ends. */
export async function tempStore(path: string = tempDatabase()): Promise<Store> {
  const store = await openStore({ path })
  onTestFinished(() => store.close())
  return store
}

export function newSession(id: string): NewSession {
  return { id, title: `task ${id}`, workingDir: '/src', agent: 'builtin', model: null, state: 'preparing' }
}

export async function openSession(store: Store, id = 's1'): Promise<Lease> {
  await store.sessions.create(newSession(id))
  return store.leases.acquire(id)
}
