import { expect } from 'vitest'
import { test } from '../testing/on-each-database.ts'
import { newSession, openSession, tempStore } from '../testing/temp-store.ts'

test('entries are found by words or their beginnings, in any spelling, newest first, a page at a time', async () => {
  const store = await tempStore()
  const one = await openSession(store, 'one')
  const two = await openSession(store, 'two')
  await store.events.append(one, { type: 'a', payload: { text: 'Le café est FERMÉ', path: ['src/app.ts'] } })
  await store.events.append(two, { type: 'b', payload: { text: 'a\ncafeteria, "open" (now)' } })
  await store.events.append(one, { type: 'c', payload: { cafe: 1, other: null } })
  const found = async (text: string, over = {}) =>
    (await store.search({ text, limit: 9, ...over })).map(({ sessionId, seq }) => `${sessionId} ${seq}`)
  expect((await found('cafe')).toSorted()).toEqual(['one 1', 'two 1'])
  expect(await found('CAFÉ ferme')).toEqual(['one 1'])
  expect(await found('app.ts')).toEqual(['one 1'])
  expect(await found('cafe', { sessionId: 'two' })).toEqual(['two 1'])
  expect(await found('task two')).toEqual(['two 0'])
  expect(await found('nowhere')).toEqual([])
  for (const odd of ['', '" OR *', "') & !(", 'cafe:* | open'])
    expect(Array.isArray(await found(odd)), odd).toBe(true)
  const [first] = await store.search({ text: 'cafe', limit: 1 })
  const rest = await store.search({ text: 'cafe', limit: 9, ...(first !== undefined && { before: first }) })
  expect(rest).toHaveLength(1)
  expect(rest[0]?.sessionId).not.toBe(first?.sessionId)
  expect(first?.snippet).toMatch(/caf/)
})

test('sessions are listed by state, outcome, agent, folder, age and words at once', async () => {
  const store = await tempStore()
  await store.sessions.create({ ...newSession('a'), title: 'Repair the parser' })
  await store.sessions.create({ ...newSession('b'), agent: 'codex', workingDir: '/other' })
  const lease = await store.leases.acquire('b')
  await store.events.append(lease, { type: 'note', payload: { text: 'the parser again' } })
  await store.sessions.update('a', { state: 'done', outcome: 'done' })
  const ids = async (query: object) =>
    (await store.sessions.list({ limit: 9, ...query })).map(({ id }) => id).toSorted()
  expect(await ids({ text: 'parser' })).toEqual(['a', 'b'])
  expect(await ids({ text: 'parser', outcome: null })).toEqual(['b'])
  expect(await ids({ text: '...' })).toEqual([])
  expect(await ids({ outcome: 'done', agent: 'builtin' })).toEqual(['a'])
  expect(await ids({ workingDir: '/other', state: 'preparing' })).toEqual(['b'])
  expect(await ids({ since: Date.now() + 60_000 })).toEqual([])
  expect(await ids({ updatedBefore: Date.now() + 60_000 })).toEqual(['a', 'b'])
})

test('a session is deleted with all that is kept of it, but never while it runs', async () => {
  const store = await tempStore()
  const lease = await openSession(store)
  await store.events.append(lease, { type: 'note', payload: 'findable' })
  await store.commands.add('s1', { do: 'pause' })
  const fields = {
    id: 'e',
    turn: 1,
    phase: 'turn',
    check: 'test',
    verdict: 'pass',
    treeHash: 'abc',
    body: {},
  }
  await store.evidence.add(lease, fields)
  expect(await store.sessions.delete('s1')).toBe(false)
  await store.leases.release(lease)
  expect(await store.sessions.delete('s1')).toBe(true)
  expect(await store.sessions.delete('s1')).toBe(false)
  expect(await store.events.list('s1')).toEqual([])
  expect(await store.evidence.list('s1')).toEqual([])
  expect(await store.search({ text: 'findable', limit: 9 })).toEqual([])
  await openSession(store)
  expect(await store.events.list('s1')).toEqual([])
})
