import { definePlugin } from '@agentproxy/plugin'
import { createTestHost } from '@agentproxy/plugin-testing'
import type { TestHost } from '@agentproxy/plugin-testing'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventRing } from './event-ring.ts'
import type { SeenEvent } from './event-ring.ts'
import events from './index.ts'

interface Found {
  readonly events: readonly SeenEvent[]
  readonly cursor: number
}
interface Batch extends Found {
  readonly subscription: string
  readonly lost: number
}

const open = (config = {}): Promise<TestHost> =>
  createTestHost({ plugins: [events], config: { events: { names: ['own.event'], ...config } } })

const find = async (host: TestHost, tool: string, parameters = {}): Promise<Found> =>
  (await host.tool(tool, parameters)) as Found

const read = async (host: TestHost, parameters = {}): Promise<Batch> =>
  (await host.tool('events.subscribe', parameters)) as Batch

const end = (host: TestHost, provider: string, durationMs: number): Promise<unknown> =>
  host.hook('exchange.end', { provider, durationMs, exchangeId: `of ${provider}` })

test('events of hooks and of plugins are listed newest first, searched and filtered', async () => {
  await using host = await open()
  await end(host, 'one', 5)
  host.events.emit('own.event', { value: 'needle' })
  host.events.emit('unheard.event', {})
  const { events: listed, cursor } = await find(host, 'events.list')
  expect(listed.map(({ name }) => name).slice(0, 2)).toEqual(['own.event', 'exchange.end'])
  expect(cursor).toBe(listed.length)
  expect((await find(host, 'events.search', { text: 'NEEDLE' })).events).toMatchObject([
    { source: 'bus', payload: { value: 'needle' } },
  ])
  const where = { 'identity.kind': 'owner', provider: 'one' }
  expect((await find(host, 'events.filter', { where, names: ['exchange.*'] })).events).toHaveLength(1)
  expect((await find(host, 'events.filter', { source: 'bus', names: ['exchange.*'] })).events).toEqual([])
  expect((await find(host, 'events.filter', { until: 1 })).events).toEqual([])
})

test('what is measured is grouped by a path and by time', async () => {
  await using host = await open()
  await end(host, 'one', 5)
  await end(host, 'one', 15)
  await end(host, 'two', 1)
  const filter = { names: ['exchange.end'] }
  const asked = { by: 'provider', metric: 'avg', field: 'durationMs', filter }
  expect(await host.tool('events.aggregate', asked)).toEqual({
    groups: [
      { group: 'one', from: null, value: 10, events: 2 },
      { group: 'two', from: null, value: 1, events: 1 },
    ],
  })
  const counted = await host.tool('events.aggregate', { filter, bucketMs: 3_600_000_000 })
  expect(counted).toMatchObject({ groups: [{ group: 'exchange.end', value: 3 }] })
  await expect(host.tool('events.aggregate', { metric: 'sum' })).rejects.toThrow(/field/)
})

test('a subscriber gets each event once, waits for the next, and can go back', async () => {
  await using host = await open()
  const first = await read(host, { filter: { names: ['own.event'] } })
  expect(first.events).toEqual([])
  const { subscription } = first
  const waiting = read(host, { subscription, waitMs: 10_000 })
  await end(host, 'one', 5)
  host.events.emit('own.event', { value: 1 })
  expect((await waiting).events).toMatchObject([{ payload: { value: 1 } }])
  expect((await read(host, { subscription })).events).toEqual([])
  const again = await read(host, { subscription, cursor: first.cursor })
  expect(again.events).toMatchObject([{ payload: { value: 1 } }])
  expect(await host.tool('events.unsubscribe', { subscription })).toEqual({ ended: true })
  await expect(read(host, { subscription })).rejects.toMatchObject({
    cause: { code: 'SUBSCRIPTION_NOT_FOUND' },
  })
})

test('who falls behind is told how many events it lost', async () => {
  await using host = await open({ maxEvents: 3 })
  const { subscription } = await read(host)
  for (let value = 0; value < 8; value += 1) host.events.emit('own.event', { value })
  const { events: seen, lost } = await read(host, { subscription })
  expect(seen.map(({ payload }) => payload)).toEqual([{ value: 5 }, { value: 6 }, { value: 7 }])
  expect(lost).toBe(5)
  expect(await host.tool('events.stats')).toMatchObject({
    events: 3,
    byName: { 'own.event': 3 },
    subscriptions: 1,
  })
})

test('no more than a hundred subscriptions are open at once', async () => {
  await using host = await open()
  for (let count = 0; count < 100; count += 1) await read(host)
  await expect(read(host)).rejects.toMatchObject({ cause: { code: 'SUBSCRIPTION_LIMIT' } })
})

test('payloads are copies, and large or strange ones are named as such', () => {
  const ring = new EventRing({ maxEvents: 10, maxEventBytes: 300 })
  const payload = { value: 1 }
  ring.add('bus', 'a', payload)
  payload.value = 2
  ring.add('bus', 'b', 'x'.repeat(400))
  ring.add('bus', 'c', 1n)
  ring.add('bus', 'd', undefined)
  expect([...ring.after(0)].map((event) => event.payload)).toEqual([
    { value: 1 },
    { truncatedBytes: 402 },
    { unreadable: true },
    null,
  ])
})

test('the ring gives the latest in order, from any cursor', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(30), fc.nat(40), (maxEvents, count, cursor) => {
      const ring = new EventRing({ maxEvents, maxEventBytes: 300 })
      for (let index = 1; index <= count; index += 1) ring.add('bus', 'n', index)
      const expected = Array.from({ length: count }, (_, index) => index + 1).filter(
        (seq) => seq > cursor && seq > count - maxEvents,
      )
      expect([...ring.after(cursor)].map(({ seq }) => seq)).toEqual(expected)
      expect([...ring.after(cursor)].map((event) => event.payload)).toEqual(expected)
    }),
  )
})

test('a plugin that emits while this one is reloaded harms nothing', async () => {
  const noisy = definePlugin({
    name: 'noisy',
    version: '1.0.0',
    setup: (ctx) => ctx.events.emit('own.event', {}),
  })
  await using host = await createTestHost({ plugins: [events, noisy] })
  await host.reload('events')
  await end(host, 'one', 1)
  expect((await find(host, 'events.list')).events.some(({ name }) => name === 'exchange.end')).toBe(true)
  expect(host.failures).toEqual([])
})
