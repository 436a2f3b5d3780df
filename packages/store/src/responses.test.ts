import { expect } from 'vitest'
import type { ResponseRecord } from './store.ts'
import { test } from './testing/on-each-database.ts'
import { tempPlace, tempStore } from './testing/temp-store.ts'

function response(over: Partial<ResponseRecord> = {}): Omit<ResponseRecord, 'seq'> {
  return { id: 'r', owner: 'me', previous: null, at: 1, input: ['in'], body: { id: 'r' }, ...over }
}

test('a conversation comes back whole and in order, also from another process’s file', async () => {
  const place = await tempPlace()
  const store = await tempStore(place)
  const first = await store.responses.add(response({ id: 'a' }))
  const second = await store.responses.add(response({ id: 'b', previous: first, input: [{ text: 'x' }] }))
  const again = await tempStore(place)
  expect((await again.responses.chain(second))?.map(({ id, input }) => [id, input])).toEqual([
    ['a', ['in']],
    ['b', [{ text: 'x' }]],
  ])
  expect(await again.responses.find('b')).toEqual([
    { ...response({ id: 'b', previous: first, input: [{ text: 'x' }] }), seq: second },
  ])
  expect(await again.responses.find('c')).toEqual([])
})

test('two answers of one id are two, the newest first, and no chain runs in a circle', async () => {
  const { responses } = await tempStore()
  const first = await responses.add(response())
  const second = await responses.add(response({ previous: first }))
  expect((await responses.find('r')).map(({ seq }) => seq)).toEqual([second, first])
  expect((await responses.chain(second))?.map(({ seq }) => seq)).toEqual([first, second])
})

test('only its owner forgets a response, and a chain that lost a part is none', async () => {
  const { responses } = await tempStore()
  const first = await responses.add(response({ id: 'a' }))
  const second = await responses.add(response({ id: 'b', previous: first }))
  expect(await responses.delete('other', 'a')).toBe(false)
  expect(await responses.delete('me', 'a')).toBe(true)
  expect(await responses.delete('me', 'a')).toBe(false)
  expect(await responses.chain(second)).toBeNull()
})

test('the old and the many are forgotten, and no number is given twice', async () => {
  const { responses } = await tempStore()
  for (const at of [1, 2, 3, 4, 5]) await responses.add(response({ id: `r${at}`, at }))
  expect(await responses.prune({ before: 2, keep: 100 })).toBe(1)
  expect(await responses.prune({ before: 2, keep: 2 })).toBe(2)
  const left = await Promise.all([1, 2, 3, 4, 5].map((at) => responses.find(`r${at}`)))
  expect(left.map(({ length }) => length)).toEqual([0, 0, 0, 1, 1])
  await responses.prune({ before: 9, keep: 0 })
  expect(await responses.add(response())).toBe(6)
})
