import { expect } from 'vitest'
import type { Spent, Standing } from './spending.ts'
import type { Store } from './store.ts'
import { test } from './testing/on-each-database.ts'
import { insist, tempPlace, tempStore } from './testing/temp-store.ts'

const owner = { keyId: 'k1' }

interface Ask {
  readonly budget?: number
  readonly tokens?: number
  readonly buckets?: (standing: Standing) => Record<string, { left: number; at: number }>
}

function take(store: Store, { budget = 100, tokens = 10, buckets = () => ({}) }: Ask = {}) {
  return store.holds.take<Spent>({
    owner,
    since: [0],
    hasRates: true,
    decide: (standing) =>
      standing.held.tokens + (standing.spent[0]?.tokens ?? 0) >= budget
        ? { refusal: standing.held }
        : { taking: { amount: { costUsd: 0.5, tokens }, buckets: buckets(standing) } },
  })
}

test('however many stores take at once, together they hold no more than one amount too much', async () => {
  const place = await tempPlace()
  const stores = await Promise.all([tempStore(place), tempStore(place)])
  const asked = Array.from({ length: 40 }, (_, index) => take(stores[index % 2] ?? stores[0]))
  const holds = (await Promise.all(asked)).flatMap((taken) => ('hold' in taken ? [taken.hold] : []))
  expect(holds).toHaveLength(10)
  await Promise.all(holds.map((hold) => hold.settle()))
  await holds[0]?.settle()
  const standings: Standing[] = []
  await take(stores[1], { buckets: (standing) => (standings.push(standing), {}) })
  expect(standings[0]?.held).toEqual({ costUsd: 0, tokens: 0 })
})

test('buckets are shared, and what was not used goes back, never beyond what they hold', async () => {
  const place = await tempPlace()
  const [one, two] = await Promise.all([tempStore(place), tempStore(place)])
  const seen: Standing[] = []
  const drain = (left: number) => (standing: Standing) => {
    seen.push(standing)
    return { tokens: { left, at: standing.now } }
  }
  const first = await take(one, { buckets: drain(40) })
  await take(two, { buckets: drain(7) })
  expect(seen[1]?.buckets['tokens']).toEqual({ left: 40, at: seen[0]?.now })
  if ('hold' in first) await first.hold.settle({ name: 'tokens', amount: 13, most: 100 })
  const third = await take(two, { buckets: drain(20) })
  expect(seen[2]?.buckets['tokens']?.left).toBe(20)
  if ('hold' in third) await third.hold.settle({ name: 'tokens', amount: 90, most: 100 })
  await take(one, { buckets: drain(0) })
  expect(seen[3]?.buckets['tokens']?.left).toBe(100)
})

function row(id: string, expiresAt: number): string {
  return `('${id}', 'key k1', 'dead', 0, 60, ${expiresAt})`
}

test('what a dead process put aside counts until it expires', async () => {
  const place = await tempPlace()
  const store = await tempStore(place)
  await insist(
    place,
    `insert into holds values ${row('a', Date.now() + 60_000)}, ${row('b', Date.now() - 1)}`,
  )
  const standings: Standing[] = []
  await take(store, { buckets: (standing) => (standings.push(standing), {}) })
  expect(standings[0]?.held.tokens).toBe(60)
})
