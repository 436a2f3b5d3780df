import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test as testFile } from 'vitest'
import { openStore } from './open-store.ts'
import { test } from './testing/on-each-database.ts'
import { insist, newSession, tempDatabase, tempPlace, tempStore } from './testing/temp-store.ts'

testFile('a new file and its folder are for their owner only', async () => {
  const path = tempDatabase()
  const store = await tempStore({ path })
  await store.sessions.create(newSession('s1'))
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  for (const file of readdirSync(dirname(path)))
    expect(statSync(`${dirname(path)}/${file}`).mode & 0o777).toBe(0o600)
})

test('what was written is there when the file is opened again', async () => {
  const place = await tempPlace()
  const first = await openStore(place)
  await first.sessions.create(newSession('s1'))
  await first.close()
  const second = await tempStore(place)
  expect(await second.sessions.get('s1')).toMatchObject({ title: 'task s1', outcome: null })
})

test('many handles may open a new file at the same time', async () => {
  const place = await tempPlace()
  const stores = await Promise.all(Array.from({ length: 8 }, () => tempStore(place)))
  await Promise.all(stores.map((store, index) => store.values.set('room', `key${index}`, index)))
  expect(await stores[0]?.values.keys('room')).toHaveLength(8)
})

test('a database of a newer release is refused and left as it is', async () => {
  const place = await tempPlace()
  await (await openStore(place)).close()
  await insist(place, `insert into kysely_migration values ('9999-from-the-future', 'now')`)
  await expect(openStore(place)).rejects.toMatchObject({ code: 'NEWER_SCHEMA' })
  await expect(openStore(place)).rejects.toThrow(/9999-from-the-future.*Upgrade/)
})

testFile('a file that is no database is refused by name, with what to do', async () => {
  const path = tempDatabase()
  mkdirSync(dirname(path))
  writeFileSync(path, 'this is a letter, not a database. '.repeat(100))
  await expect(openStore({ path })).rejects.toMatchObject({ code: 'CORRUPT' })
  await expect(openStore({ path })).rejects.toThrow(path)
})

testFile('a path that cannot be created is an OPEN_FAILED', async () => {
  const path = tempDatabase()
  mkdirSync(dirname(path))
  writeFileSync(`${dirname(path)}/file`, '')
  await expect(openStore({ path: `${dirname(path)}/file/x.db` })).rejects.toMatchObject({
    code: 'OPEN_FAILED',
  })
  await expect(openStore({ path: dirname(path) })).rejects.toMatchObject({ code: 'OPEN_FAILED' })
})

test('a closed store says so, and closing waits for writes already asked for', async () => {
  const place = await tempPlace()
  const store = await openStore(place)
  const pending = store.values.set('room', 'key', 'kept')
  await store.close()
  await pending
  await expect(store.values.get('room', 'key')).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(store.values.set('room', 'key', 1)).rejects.toMatchObject({ code: 'CLOSED' })
  expect(await (await tempStore(place)).values.get('room', 'key')).toBe('kept')
})
