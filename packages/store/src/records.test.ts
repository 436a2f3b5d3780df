import { expect, vi } from 'vitest'
import type { ExchangeRecord, UsageBy } from './store.ts'
import { test } from './testing/on-each-database.ts'
import { openSession, tempPlace, tempStore } from './testing/temp-store.ts'

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
    keyId: null,
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
    upstreamModel: 'up',
    stream: false,
    simulated: false,
    inputTokens: null,
    outputTokens: null,
    cacheReadTokens: null,
    cacheWriteTokens: null,
    reasoningTokens: null,
    costUsd: null,
    heldUsd: null,
    heldTokens: null,
    durationMs: 1.5,
    ...fields,
  }
}

test('usage is added up by what it was for, within a span of time', async () => {
  const store = await tempStore()
  await store.exchanges.add(exchange({ id: 'a', at: 10, keyId: 'k1', inputTokens: 5, costUsd: 0.5 }))
  await store.exchanges.add(exchange({ id: 'b', at: 20, keyId: 'k2', outputTokens: 7, costUsd: 2 }))
  await store.exchanges.add(exchange({ id: 'c', at: 30, keyId: 'k1', inputTokens: 1, upstreamModel: null }))
  await store.exchanges.add(exchange({ id: 'd', at: 86_400_000, provider: null, upstreamModel: null }))
  const groups = async (by: UsageBy, span = {}): Promise<unknown[]> =>
    (await store.exchanges.usage({ by, ...span })).map((row) => [row.group, row.exchanges, row.costUsd])
  expect(await groups('key')).toEqual([
    ['k2', 1, 2],
    ['k1', 2, 0.5],
    [null, 1, null],
  ])
  expect(await groups('model')).toEqual([
    ['openai/up', 2, 2.5],
    ['m', 2, null],
  ])
  expect(await groups('day')).toEqual([
    ['1970-01-01', 3, 2.5],
    ['1970-01-02', 1, null],
  ])
  expect(await groups('task', { since: 20, until: 30 })).toEqual([['t1', 1, 2]])
  expect(await store.exchanges.spent({ keyId: 'k1' })).toEqual({ tokens: 6, costUsd: 0.5 })
  expect(await store.exchanges.spent({ taskId: 't1' }, 20)).toEqual({ tokens: 8, costUsd: 2 })
  expect(await store.exchanges.spent({ keyId: 'nobody' })).toEqual({ tokens: 0, costUsd: 0 })
})

test('a key is found by its hash until it is revoked, by whichever store', async () => {
  const place = await tempPlace()
  const [one, two] = await Promise.all([tempStore(place), tempStore(place)])
  const limits = { budgetUsd: null, tokensPerDay: null, requestsPerMinute: null, tokensPerMinute: 9 }
  const key = { id: 'k1', name: 'ci', hash: 'h', models: ['a/*'], limits, expiresAt: null }
  const made = await one.keys.create(key)
  expect(await two.keys.create({ ...key, id: 'k2', hash: 'h2' })).toBeNull()
  expect(await two.keys.find('h')).toEqual(made)
  expect(await two.keys.get('k1')).toMatchObject({ models: ['a/*'], limits })
  expect(await two.keys.find('other')).toBeNull()
  expect(await one.keys.revoke('ci')).toBe(true)
  expect(await one.keys.revoke('ci')).toBe(false)
  await vi.waitFor(async () => expect((await two.keys.find('h'))?.revokedAt).not.toBeNull(), 1_500)
})
