import { expect } from 'vitest'
import { test } from './testing/on-each-database.ts'
import { newSession, tempStore } from './testing/temp-store.ts'

test('sessions are listed newest first, by state, a page at a time', async () => {
  const store = await tempStore()
  for (let index = 0; index < 7; index++) await store.sessions.create(newSession(`s${index}`))
  await store.sessions.update('s3', { state: 'done', outcome: 'done' })
  const seen: string[] = []
  let before: { createdAt: number; id: string } | undefined
  for (;;) {
    const page = await store.sessions.list({ limit: 3, ...(before === undefined ? {} : { before }) })
    const last = page.at(-1)
    if (last === undefined) break
    seen.push(...page.map((session) => session.id))
    before = last
  }
  expect(seen).toEqual(['s6', 's5', 's4', 's3', 's2', 's1', 's0'])
  expect(await store.sessions.list({ limit: 9, state: 'done' })).toMatchObject([
    { id: 's3', outcome: 'done' },
  ])
})

test('a prefix finds at most ten sessions and takes no wildcard', async () => {
  const store = await tempStore()
  for (let index = 0; index < 12; index++) await store.sessions.create(newSession(`abc-${index}`))
  await store.sessions.create(newSession('%odd_'))
  expect(await store.sessions.findByPrefix('abc-')).toHaveLength(10)
  expect(await store.sessions.findByPrefix('abc-11')).toMatchObject([{ id: 'abc-11' }])
  expect(await store.sessions.findByPrefix('%')).toMatchObject([{ id: '%odd_' }])
  expect(await store.sessions.findByPrefix('ABC')).toEqual([])
})

test('an update keeps what it does not name and is refused for an unknown session', async () => {
  const store = await tempStore()
  const created = await store.sessions.create(newSession('s1'))
  await store.sessions.update('s1', { state: 'running' })
  const updated = await store.sessions.get('s1')
  expect(updated).toEqual({ ...created, state: 'running', updatedAt: updated?.updatedAt })
  expect(updated?.updatedAt).toBeGreaterThanOrEqual(created.updatedAt)
  await expect(store.sessions.update('nobody', { state: 'done' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  expect(await store.sessions.get('nobody')).toBeNull()
})

test('an id is used once', async () => {
  const store = await tempStore()
  await store.sessions.create(newSession('s1'))
  await expect(store.sessions.create(newSession('s1'))).rejects.toMatchObject({ code: 'WRITE_FAILED' })
})
