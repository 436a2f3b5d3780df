import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import Libsql from 'libsql'
import { beforeAll, expect, test as testFile } from 'vitest'
import { openDatabase } from './open-store.ts'
import { test } from './testing/on-each-database.ts'
import { buildStore, startStoreProcess } from './testing/store-process.ts'
import { newSession, openSession, tempDatabase, tempStore, tempPlace } from './testing/temp-store.ts'

beforeAll(buildStore)

test('a process killed while it appends loses nothing it had acknowledged', async () => {
  const place = await tempPlace()
  const store = await tempStore(place)
  await store.sessions.create(newSession('s1'))
  const writer = startStoreProcess(
    place,
    `const lease = await store.leases.acquire('s1')
     for (let n = 1; ; n++) {
       const event = await store.events.append(lease, { type: 'n', payload: { n, filler: 'x'.repeat(500) } })
       print(String(event.seq))
     }`,
  )
  let acknowledged = 0
  for await (const line of writer.lines) {
    acknowledged = Number(line)
    if (acknowledged === 300) writer.kill()
  }
  await writer.exited

  const kept = await store.events.list('s1')
  expect(acknowledged).toBeGreaterThanOrEqual(300)
  expect(kept.length).toBeGreaterThanOrEqual(acknowledged)
  expect(kept.map((event) => event.seq)).toEqual(kept.map((_, index) => index + 1))
  const lease = await store.leases.acquire('s1')
  expect(lease).toMatchObject({ generation: 2, pid: process.pid })
  expect(await store.events.append(lease, { type: 'after', payload: null })).toMatchObject({
    seq: kept.length + 1,
  })
})

test('a living process keeps its session, and its successor locks it out', async () => {
  const place = await tempPlace()
  const store = await tempStore(place)
  await store.sessions.create(newSession('s1'))
  const owner = startStoreProcess(
    place,
    `print(String((await store.leases.acquire('s1')).pid)); setInterval(() => {}, 1000)`,
  )
  expect((await owner.lines.next()).value).toBe(String(owner.pid))
  await expect(store.leases.acquire('s1')).rejects.toThrow(`process ${owner.pid}`)
  owner.kill()
  await owner.exited
  await store.leases.acquire('s1')
  const outdated = { sessionId: 's1', generation: 1, pid: owner.pid }
  await expect(store.events.append(outdated, { type: 'late', payload: 1 })).rejects.toMatchObject({
    code: 'LEASE_LOST',
  })
})

test('several processes open a new file and write one session at once, without gap or repeat', async () => {
  const place = await tempPlace()
  const script = `
    for (;;) { if ((await store.sessions.get('s1')) && (await store.values.get('go', 'go'))) break }
    for (let n = 0; n < 100; n++) print(String((await store.events.append(args[0], { type: 'n', payload: n })).seq))
    await store.close()`
  const lease = { sessionId: 's1', generation: 1, pid: process.pid }
  const writers = [1, 2, 3].map(() => startStoreProcess(place, script, [lease]))
  const store = await tempStore(place)
  expect(await openSession(store)).toEqual(lease)
  await store.values.set('go', 'go', true)
  const printed = await Promise.all(
    writers.map(async (writer) => {
      const lines: number[] = []
      for await (const line of writer.lines) lines.push(Number(line))
      return lines
    }),
  )
  for (const lines of printed) expect(lines).toEqual(lines.toSorted((a, b) => a - b))
  expect(printed.flat().toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 300 }, (_, index) => index + 1),
  )
  expect(await store.events.list('s1')).toHaveLength(300)
})

testFile(
  'a write waits for a lock another connection holds, and this process goes on meanwhile',
  async () => {
    const path = tempDatabase()
    const store = await tempStore({ path })
    const other = new Libsql(path)
    other.exec('begin immediate')
    const order: string[] = []
    const write = store.values.set('room', 'key', 1).then(() => order.push('written'))
    await sleep(50)
    expect(await store.values.get('room', 'key')).toBeUndefined()
    order.push('let go')
    other.exec('commit')
    other.close()
    await write
    expect(order).toEqual(['let go', 'written'])
  },
)

testFile(
  'a full disk is reported, keeps what was there, and the store works again once there is room',
  async () => {
    const path = tempDatabase()
    const store = await tempStore({ path })
    await store.values.set('room', 'before', 'kept')
    const db = await openDatabase({ path })
    const limitPages = (count: number): Promise<unknown> =>
      db.write('limit the file', (queries) =>
        queries.rows({ compile: () => sql.raw(`pragma max_page_count = ${count}`).compile(db.query) }),
      )
    const put = (key: string, size: number) =>
      db.query.insertInto('values').values({ room: 'room', key, value: JSON.stringify('x'.repeat(size)) })
    await limitPages(1) // SQLite takes the present size when that is more.
    const fill = db.write('fill the disk', async (queries) => {
      await queries.run(put('small', 1))
      await queries.run(put('big', 100_000))
    })
    await expect(fill).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    await expect(fill).rejects.toThrow(/Free space/)
    expect(await db.health()).toMatchObject({ status: 'warn', output: expect.stringContaining('Free space') })
    expect(await store.values.keys('room')).toEqual(['before'])
    await limitPages(1_000_000)
    await db.write('go on', (queries) => queries.run(put('after', 1)))
    expect(await db.health()).toEqual({ status: 'pass', output: '' })
    await db.close()
    expect(await store.values.keys('room')).toEqual(['after', 'before'])
  },
)
