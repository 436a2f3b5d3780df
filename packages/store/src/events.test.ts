import * as fc from 'fast-check'
import { expect } from 'vitest'
import { databaseKind, test } from './testing/on-each-database.ts'
import { newSession, openSession, tempPlace, tempStore } from './testing/temp-store.ts'

test('events count from 1 within each session, in the order they were asked for', async () => {
  const store = await tempStore()
  const one = await openSession(store, 'one')
  const two = await openSession(store, 'two')
  const appended = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      store.events.append(index % 2 === 0 ? one : two, { type: 'n', payload: index }),
    ),
  )
  expect(appended.map((event) => event.payload)).toEqual(Array.from({ length: 20 }, (_, index) => index))
  expect((await store.events.list('one')).map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect((await store.events.list('two')).map((event) => event.payload)).toEqual([
    1, 3, 5, 7, 9, 11, 13, 15, 17, 19,
  ])
})

test('several handles of one process write one session without gap or repeat', async () => {
  const place = await tempPlace()
  const stores = await Promise.all([tempStore(place), tempStore(place), tempStore(place)])
  const lease = await openSession(stores[0])
  const work = stores.flatMap((store) =>
    Array.from({ length: 50 }, (_, index) => store.events.append(lease, { type: 'n', payload: index })),
  )
  const appended = await Promise.all(work)
  const seqs = appended.map((event) => event.seq).toSorted((a, b) => a - b)
  expect(seqs).toEqual(Array.from({ length: 150 }, (_, index) => index + 1))
})

test('the same id again returns the first entry and adds none', async () => {
  const store = await tempStore()
  const lease = await openSession(store)
  const other = await openSession(store, 's2')
  const first = await store.events.append(lease, { type: 'a', payload: { n: 1 }, id: 'x' })
  expect(await store.events.append(lease, { type: 'b', payload: { n: 2 }, id: 'x' })).toEqual(first)
  expect(await store.events.append(other, { type: 'b', payload: null, id: 'x' })).toMatchObject({
    seq: 1,
    type: 'b',
  })
  expect(await store.events.list('s1')).toEqual([first])
})

test('an entry comes back as it was stored', async () => {
  const store = await tempStore()
  const lease = await openSession(store)
  const payload = { text: 'é\u0000\n"\u{1F600}', n: 0.1, nested: [null, true, { a: [] }] }
  const appended = await store.events.append(lease, { type: 'any', payload })
  expect(appended.payload).toEqual(payload)
  expect(await store.events.list('s1')).toEqual([appended])
  expect((await store.events.append(lease, { type: 'none', payload: undefined })).payload).toBeNull()
})

test('two thousand events are listed whole, and from any point', async () => {
  const store = await tempStore()
  const lease = await openSession(store)
  const writes: Promise<unknown>[] = []
  for (let index = 0; index < 2_000; index++)
    writes.push(store.events.append(lease, { type: 't', payload: { index } }))
  await Promise.all(writes)
  expect(await store.events.list('s1')).toHaveLength(2_000)
  const tail = await store.events.list('s1', { afterSeq: 1_990 })
  expect(tail.map((event) => event.seq)).toEqual([1991, 1992, 1993, 1994, 1995, 1996, 1997, 1998, 1999, 2000])
})

test('appending and listing agree with a plain array, whatever the order', async () => {
  const store = await tempStore()
  const step = fc.record({
    session: fc.integer({ min: 0, max: 2 }),
    type: fc.constantFrom('a', 'b', 'c'),
    id: fc.option(fc.constantFrom('i1', 'i2', 'i3'), { nil: undefined }),
    payload: fc.jsonValue(),
  })
  const filter = fc.record({
    afterSeq: fc.option(fc.nat(20), { nil: undefined }),
    limit: fc.option(fc.nat(20), { nil: undefined }),
    types: fc.option(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')), { nil: undefined }),
  })
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), filter, async (steps, options) => {
      run++
      const names = [0, 1, 2].map((index) => `r${run}-${index}`)
      const leases = await Promise.all(names.map((name) => openSession(store, name)))
      const model: { seq: number; type: string; id: string | undefined; payload: unknown }[][] = [[], [], []]
      for (const { session, type, id, payload } of steps) {
        const log = model[session] ?? []
        const lease = leases[session]
        if (lease === undefined) throw new Error('no such session')
        const known = id === undefined ? undefined : log.find((entry) => entry.id === id)
        const wanted = known ?? {
          seq: log.length + 1,
          type,
          id,
          payload: JSON.parse(JSON.stringify(payload)),
        }
        if (known === undefined) log.push(wanted)
        const got = await store.events.append(lease, { type, payload, ...(id === undefined ? {} : { id }) })
        expect(got).toMatchObject({ seq: wanted.seq, type: wanted.type })
      }
      for (const [index, name] of names.entries()) {
        const { afterSeq, limit, types } = options
        const wanted = (model[index] ?? [])
          .filter(
            (entry) =>
              entry.seq > (afterSeq ?? 0) &&
              (types === undefined || types.some((type) => type === entry.type)),
          )
          .slice(0, limit)
        const got = await store.events.list(name, {
          ...(afterSeq === undefined ? {} : { afterSeq }),
          ...(limit === undefined ? {} : { limit }),
          ...(types === undefined ? {} : { types }),
        })
        expect(got.map(({ seq, type, payload }) => ({ seq, type, payload }))).toEqual(
          wanted.map(({ seq, type, payload }) => ({ seq, type, payload })),
        )
      }
    }),
    { numRuns: databaseKind() === 'sqlite' ? 40 : 10 },
  )
})

test('a log needs its session', async () => {
  const store = await tempStore()
  await store.sessions.create(newSession('s1'))
  const made = { sessionId: 's1', generation: 1, pid: process.pid }
  await expect(store.events.append(made, { type: 'a', payload: 1 })).rejects.toMatchObject({
    code: 'LEASE_LOST',
  })
  expect(await store.events.list('s1')).toEqual([])
})
