import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Libsql from 'libsql'
import { expect, test } from 'vitest'
import { openStore } from './open-store.ts'
import { newSession, tempDatabase, tempStore } from './testing/temp-store.ts'

test('a new file and its folder are for their owner only', async () => {
  const path = tempDatabase()
  const store = await tempStore(path)
  await store.sessions.create(newSession('s1'))
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  for (const file of readdirSync(dirname(path)))
    expect(statSync(`${dirname(path)}/${file}`).mode & 0o777).toBe(0o600)
})

test('what was written is there when the file is opened again', async () => {
  const path = tempDatabase()
  const first = await openStore({ path })
  await first.sessions.create(newSession('s1'))
  await first.close()
  const second = await tempStore(path)
  expect(await second.sessions.get('s1')).toMatchObject({ title: 'task s1', outcome: null })
})

test('many handles may open a new file at the same time', async () => {
  const path = tempDatabase()
  const stores = await Promise.all(Array.from({ length: 8 }, () => tempStore(path)))
  await Promise.all(stores.map((store, index) => store.values.set('room', `key${index}`, index)))
  expect(await stores[0]?.values.keys('room')).toHaveLength(8)
})

test('a file of a newer release is refused and left as it is', async () => {
  const path = tempDatabase()
  await (await openStore({ path })).close()
  const raw = new Libsql(path)
  raw.exec(`insert into kysely_migration values ('9999-from-the-future', 'now')`)
  raw.close()
  await expect(openStore({ path })).rejects.toMatchObject({ code: 'NEWER_SCHEMA' })
  await expect(openStore({ path })).rejects.toThrow(/9999-from-the-future.*Upgrade/)
})

test('a file that is no database is refused by name, with what to do', async () => {
  const path = tempDatabase()
  mkdirSync(dirname(path))
  writeFileSync(path, 'this is a letter, not a database. '.repeat(100))
  await expect(openStore({ path })).rejects.toMatchObject({ code: 'CORRUPT' })
  await expect(openStore({ path })).rejects.toThrow(path)
})

test('a path that cannot be created is an OPEN_FAILED', async () => {
  const path = tempDatabase()
  mkdirSync(dirname(path))
  writeFileSync(`${dirname(path)}/file`, '')
  await expect(openStore({ path: `${dirname(path)}/file/x.db` })).rejects.toMatchObject({
    code: 'OPEN_FAILED',
  })
  await expect(openStore({ path: dirname(path) })).rejects.toMatchObject({ code: 'OPEN_FAILED' })
})

test('a closed store says so, and closing waits for writes already asked for', async () => {
  const path = tempDatabase()
  const store = await openStore({ path })
  const pending = store.values.set('room', 'key', 'kept')
  await store.close()
  await pending
  await expect(store.values.get('room', 'key')).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(store.values.set('room', 'key', 1)).rejects.toMatchObject({ code: 'CLOSED' })
  expect(await (await tempStore(path)).values.get('room', 'key')).toBe('kept')
})
