import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Libsql from 'libsql'
import { onTestFinished } from 'vitest'
import { openStore } from '../open-store.ts'
import type { StorePlace } from '../open-store.ts'
import type { Lease, NewSession, Store } from '../store.ts'
import { databaseKind } from './on-each-database.ts'
import { ask, tempPostgres } from './test-postgres.ts'

/** A path for a database in a folder that goes with the test. */
export function tempDatabase(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agentproxy-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'state', 'agentproxy.db')
}

/** An empty place on the database the test is for. */
export async function tempPlace(): Promise<StorePlace> {
  return databaseKind() === 'sqlite' ? { path: tempDatabase() } : { url: await tempPostgres() }
}

/** Does to the database what no store would. */
export async function insist(place: StorePlace, statement: string): Promise<void> {
  if ('url' in place) {
    await ask(place.url, statement)
    return
  }
  const file = new Libsql(place.path)
  file.exec(statement)
  file.close()
}

/** A real store, closed when the test ends. */
export async function tempStore(place?: StorePlace): Promise<Store> {
  const store = await openStore(place ?? (await tempPlace()))
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
