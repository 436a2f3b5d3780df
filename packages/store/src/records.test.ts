import { expect, test } from 'vitest'
import type { ExchangeRecord } from './store.ts'
import { openSession, tempStore } from './testing/temp-store.ts'

test('evidence is kept in order and never replaced', async () => {
  const store = await tempStore()
  const lease = await openSession(store)
  const base = { turn: 1, phase: 'turn', check: 'test', treeHash: 'abc' }
  const second = await store.evidence.add(lease, { ...base, id: 'b', verdict: 'fail', body: { exitCode: 1 } })
  const first = await store.evidence.add(lease, { ...base, id: 'a', verdict: 'pass', body: { exitCode: 0 } })
  expect(await store.evidence.add(lease, { ...base, id: 'b', verdict: 'pass', body: {} })).toEqual(second)
  expect(await store.evidence.list('s1')).toEqual([second, first])
  expect(second).toMatchObject({ sessionId: 's1', verdict: 'fail', body: { exitCode: 1 } })
})

test('exchanges come back whole, newest first, and count once', async () => {
  const store = await tempStore()
  const one = exchange({ id: 'one', at: 1, stream: true })
  const two = exchange({ id: 'two', at: 2, simulated: true, costUsd: 0.25 })
  const elsewhere = exchange({ id: 'three', at: 3, taskId: null })
  for (const record of [one, two, elsewhere, two]) await store.exchanges.add(record)
  expect(await store.exchanges.list({ limit: 10 })).toEqual([elsewhere, two, one])
  expect(await store.exchanges.list({ limit: 10, taskId: 't1' })).toEqual([two, one])
  expect(await store.exchanges.list({ limit: 1 })).toEqual([elsewhere])
})

test('totals add what is known and count what is not', async () => {
  const store = await tempStore()
  await store.exchanges.add(exchange({ id: 'a', inputTokens: 10, outputTokens: 1, costUsd: 0.5 }))
  await store.exchanges.add(
    exchange({ id: 'b', inputTokens: 5, cacheReadTokens: 4, outcome: 'failed', costUsd: 0.25 }),
  )
  await store.exchanges.add(exchange({ id: 'c', reasoningTokens: 7, simulated: true }))
  expect(await store.exchanges.totals('t1')).toEqual({
    exchanges: 3,
    failed: 1,
    inputTokens: 15,
    outputTokens: 1,
    cacheReadTokens: 4,
    cacheWriteTokens: 0,
    reasoningTokens: 7,
    costUsd: 0.75,
    unpriced: 1,
    simulated: 1,
  })
})

test('a task without exchanges has no cost, not a cost of nothing', async () => {
  const store = await tempStore()
  expect(await store.exchanges.totals('t1')).toMatchObject({
    exchanges: 0,
    inputTokens: 0,
    costUsd: null,
    unpriced: 0,
  })
})

test('values live in their room, are replaced, listed and deleted', async () => {
  const store = await tempStore()
  await store.values.set('a', 'k2', { n: [1] })
  await store.values.set('a', 'k1', 'one')
  await store.values.set('b', 'k1', false)
  await store.values.set('a', 'k1', null)
  expect(await store.values.get('a', 'k1')).toBeNull()
  expect(await store.values.get('b', 'k1')).toBe(false)
  expect(await store.values.get('a', 'k2')).toEqual({ n: [1] })
  expect(await store.values.keys('a')).toEqual(['k1', 'k2'])
  expect(await store.values.delete('a', 'k1')).toBe(true)
  expect(await store.values.delete('a', 'k1')).toBe(false)
  expect(await store.values.get('a', 'k1')).toBeUndefined()
  expect(await store.values.keys('b')).toEqual(['k1'])
})

function exchange(fields: Partial<ExchangeRecord>): ExchangeRecord {
  return {
    id: 'x',
    taskId: 't1',
    purpose: 'agent',
    at: 1,
    outcome: 'completed',
    reason: 'end_turn',
    status: 200,
    clientFormat: 'anthropic',
    upstreamFormat: 'openai-chat',
    provider: 'openai',
    model: 'm',
    stream: false,
    simulated: false,
    inputTokens: null,
    outputTokens: null,
    cacheReadTokens: null,
    cacheWriteTokens: null,
    reasoningTokens: null,
    costUsd: null,
    durationMs: 1.5,
    ...fields,
  }
}
