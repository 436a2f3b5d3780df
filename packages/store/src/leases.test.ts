import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'vitest'
import { machineIdentity } from './machine-identity.ts'
import { openDatabase } from './open-store.ts'
import type { StorePlace } from './open-store.ts'
import { processIdentity } from './process-identity.ts'
import { test } from './testing/on-each-database.ts'
import { newSession, openSession, tempPlace, tempStore } from './testing/temp-store.ts'

test('a session has one owner at a time, also between handles of one process', async () => {
  const place = await tempPlace()
  const [one, two] = await Promise.all([tempStore(place), tempStore(place)])
  const lease = await openSession(one)
  expect(lease).toEqual({ sessionId: 's1', generation: 1, pid: process.pid })
  await expect(two.leases.acquire('s1')).rejects.toMatchObject({ code: 'LEASE_HELD' })
  await expect(two.leases.acquire('s1')).rejects.toThrow(`process ${process.pid}`)
})

test('a lease given back may be taken again, and the old one writes no more', async () => {
  const store = await tempStore()
  const first = await openSession(store)
  await store.events.append(first, { type: 'a', payload: 1 })
  await store.leases.release(first)
  await expect(store.events.append(first, { type: 'b', payload: 2 })).rejects.toThrow('given it back')
  const second = await store.leases.acquire('s1')
  expect(second.generation).toBe(2)
  await expect(store.events.append(first, { type: 'b', payload: 2 })).rejects.toMatchObject({
    code: 'LEASE_LOST',
  })
  await expect(store.evidence.add(first, evidence('e1'))).rejects.toMatchObject({ code: 'LEASE_LOST' })
  expect(await store.events.append(second, { type: 'b', payload: 2 })).toMatchObject({ seq: 2 })
  expect(await store.evidence.list('s1')).toEqual([])
})

test('an outdated release leaves the new owner alone', async () => {
  const store = await tempStore()
  const first = await openSession(store)
  await store.leases.release(first)
  const second = await store.leases.acquire('s1')
  await store.leases.release(first)
  expect(await store.events.append(second, { type: 'a', payload: 1 })).toMatchObject({ seq: 1 })
})

test('a lease of a number that now belongs to another process is taken over', async () => {
  const place = await tempPlace()
  const store = await tempStore(place)
  await store.sessions.create(newSession('s1'))
  await plantLease(place, { pid: process.pid, processStart: 'another boot:1' })
  expect(await store.leases.acquire('s1')).toEqual({ sessionId: 's1', generation: 8, pid: process.pid })
})

test('a lease of a living process is kept from others, and one of a dead process is not', async () => {
  const place = await tempPlace()
  const store = await tempStore(place)
  await store.sessions.create(newSession('s1'))
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  await plantLease(place, { pid, processStart: processIdentity(pid) })
  await expect(store.leases.acquire('s1')).rejects.toThrow(`process ${pid}`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await store.leases.acquire('s1')).toMatchObject({ generation: 8 })
})

test('an unknown session cannot be taken', async () => {
  const store = await tempStore()
  await expect(store.leases.acquire('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

function evidence(id: string): Parameters<Awaited<ReturnType<typeof tempStore>>['evidence']['add']>[1] {
  return { id, turn: 1, phase: 'turn', check: 'test', verdict: 'pass', treeHash: 'abc', body: {} }
}

test('an owner on another machine keeps its session as long as it renews the lease', async () => {
  const place = await tempPlace()
  const store = await tempStore(place)
  for (const id of ['s1', 's2']) await store.sessions.create(newSession(id))
  const owner = { pid: 1, processStart: 'boot:1', host: 'elsewhere pid:[1]' }
  await plantLease(place, { ...owner, expiresAt: Date.now() + 30_000 })
  await plantLease(place, { ...owner, sessionId: 's2', expiresAt: Date.now() - 1 })
  await expect(store.leases.acquire('s1')).rejects.toThrow('process 1 on elsewhere')
  expect(await store.leases.acquire('s2')).toMatchObject({ generation: 8 })
})

test('sessions whose process is dead are marked interrupted, once; those that run or have ended are not', async () => {
  const place = await tempPlace()
  const store = await tempStore(place)
  for (const id of ['s1', 'done', 'away', 'lost']) await store.sessions.create(newSession(id))
  await openSession(store, 'runs')
  await store.sessions.update('done', { state: 'done', outcome: 'done' })
  const dead = { pid: process.pid, processStart: 'another boot:1' }
  const away = { pid: 1, processStart: 'boot:1', host: 'elsewhere pid:[1]' }
  for (const sessionId of ['s1', 'done']) await plantLease(place, { ...dead, sessionId })
  await plantLease(place, { ...away, sessionId: 'away', expiresAt: Date.now() + 30_000 })
  await plantLease(place, { ...away, sessionId: 'lost', expiresAt: Date.now() - 1 })
  expect((await store.leases.reconcile()).toSorted()).toEqual(['lost', 's1'])
  expect(await store.leases.reconcile()).toEqual([])
  const states = (await store.sessions.list({ limit: 9 })).map(({ id, state }) => [id, state])
  expect(Object.fromEntries(states)).toEqual({
    s1: 'interrupted',
    lost: 'interrupted',
    done: 'done',
    away: 'preparing',
    runs: 'preparing',
  })
  expect(await store.leases.acquire('s1')).toMatchObject({ generation: 8 })
})

interface Planted {
  readonly sessionId?: string
  readonly pid: number
  readonly processStart: string | null
  readonly host?: string
  readonly expiresAt?: number
}

async function plantLease(place: StorePlace, owner: Planted): Promise<void> {
  const db = await openDatabase(place)
  const row = { sessionId: 's1', generation: 7, host: machineIdentity(), expiresAt: null, ...owner }
  await db.write('plant a lease', (queries) => queries.run(db.query.insertInto('leases').values(row)))
  await db.close()
}
