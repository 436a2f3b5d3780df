import { definePlugin, PluginError } from '@agentproxy/plugin'
import { createTestHost } from '@agentproxy/plugin-testing'
import type { TestHost } from '@agentproxy/plugin-testing'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CacheError } from './index.ts'
import type { CacheService } from './index.ts'
import cache from './index.ts'
import { KeyValueStore } from './key-value-store.ts'

const open = (config = {}): Promise<TestHost> =>
  createTestHost({ plugins: [cache], config: { cache: config } })

async function openService(config = {}): Promise<{ host: TestHost; service: CacheService }> {
  let service: CacheService | undefined
  const user = definePlugin({
    name: 'user',
    version: '1.0.0',
    dependencies: [cache],
    setup(ctx) {
      service = ctx.getPlugin('cache').getService()
    },
  })
  const host = await createTestHost({ plugins: [cache, user], config: { cache: config } })
  if (service === undefined) throw new Error('no service')
  return { host, service }
}

test('values are found by namespace and key, and are copies', async () => {
  await using host = await open()
  await host.tool('cache.set', { key: 'a', value: { deep: [1] } })
  await host.tool('cache.set', { key: 'a', namespace: 'other', value: null })
  expect(await host.tool('cache.get', { key: 'a' })).toEqual({ found: true, value: { deep: [1] } })
  expect(await host.tool('cache.get', { key: 'a', namespace: 'other' })).toEqual({ found: true, value: null })
  expect(await host.tool('cache.get', { key: 'b' })).toEqual({ found: false, value: null })
  expect(await host.tool('cache.delete', { key: 'a' })).toEqual({ deleted: true })
  expect(await host.tool('cache.delete', { key: 'a' })).toEqual({ deleted: false })
  expect(await host.tool('cache.stats')).toMatchObject({
    entries: 1,
    hits: 2,
    misses: 1,
    namespaces: { other: 1 },
  })
})

test('a value ends with its time, and tags and namespaces are cleared at once', async () => {
  await using host = await open({ ttlMs: 1 })
  await host.tool('cache.set', { key: 'short', value: 1 })
  await host.tool('cache.set', { key: 'long', value: 1, ttlMs: null, tags: ['x'] })
  await host.tool('cache.set', { key: 'longer', value: 1, ttlMs: 60_000, namespace: 'n', tags: ['x'] })
  await new Promise((resolve) => setTimeout(resolve, 15))
  expect(await host.tool('cache.get', { key: 'short' })).toMatchObject({ found: false })
  expect(await host.tool('cache.clear', { namespace: 'n' })).toEqual({ cleared: 1 })
  expect(await host.tool('cache.clear', { tag: 'x' })).toEqual({ cleared: 1 })
  expect(await host.tool('cache.stats')).toMatchObject({ entries: 0, bytes: 0, expired: 1 })
})

test('smaller limits hold at once, wrong parameters are refused', async () => {
  await using host = await open()
  for (const name of ['a', 'b', 'c']) await host.tool('cache.set', { key: name, value: name })
  await host.tool('cache.get', { key: 'a' })
  expect(await host.tool('cache.configure', { maxEntries: 2 })).toMatchObject({ limits: { maxEntries: 2 } })
  expect(await host.tool('cache.get', { key: 'b' })).toMatchObject({ found: false })
  expect(await host.tool('cache.get', { key: 'a' })).toMatchObject({ found: true })
  const wrong = await host.tool('cache.configure', { maxEntrys: 2 }).catch((error: unknown) => error)
  expect(PluginError.is(wrong) && wrong.code).toBe('TOOL_INPUT_INVALID')
})

const fail = (): Promise<never> => Promise.reject(new Error('no'))

test('who asks for the same at once waits for one maker; a failure reaches all and is not kept', async () => {
  const { host, service } = await openService()
  await using closing = host
  expect(closing.failures).toEqual([])
  let made = 0
  const make = async (): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, 10))
    return (made += 1)
  }
  const asked = Array.from({ length: 50 }, () => service.getOrSet('k', make))
  expect(new Set(await Promise.all(asked))).toEqual(new Set([1]))
  expect(await service.getOrSet('k', make)).toBe(1)
  const failed = await Promise.allSettled([service.getOrSet('f', fail), service.getOrSet('f', fail)])
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await service.getOrSet('f', () => 'again')).toBe('again')
})

test('what is set or cleared while it is made is not overwritten by the older news', async () => {
  const { host, service } = await openService()
  await using closing = host
  expect(closing.failures).toEqual([])
  const slow = service.getOrSet('k', async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return 'old'
  })
  await new Promise((resolve) => setTimeout(resolve, 1))
  service.set('k', 'new')
  expect(await slow).toBe('old')
  expect(service.get('k')).toBe('new')
})

test('a value that is no JSON, or never fits, is refused by its code', async () => {
  const { host, service } = await openService({ maxBytes: 1024 })
  await using closing = host
  expect(closing.failures).toEqual([])
  const codeOf = (value: unknown): unknown => {
    try {
      service.set('k', value)
      return null
    } catch (error) {
      return CacheError.is(error) ? error.code : error
    }
  }
  expect(codeOf(undefined)).toBe('VALUE_NOT_JSON')
  expect(codeOf(1n)).toBe('VALUE_NOT_JSON')
  expect(codeOf('x'.repeat(2000))).toBe('VALUE_TOO_LARGE')
  expect(codeOf('x')).toBeNull()
  expect(await service.getOrSet('large', () => 'x'.repeat(2000))).toHaveLength(2000)
  expect(service.get('large')).toBeUndefined()
})

test('with persist, what was kept and is still good is there after a reload', async () => {
  await using host = await open({ persist: true })
  await host.tool('cache.set', { key: 'stays', value: [1], tags: ['t'] })
  await host.tool('cache.set', { key: 'goes', value: 1 })
  await host.tool('cache.set', { key: 'ends', value: 1, ttlMs: 1 })
  await host.tool('cache.delete', { key: 'goes' })
  await host.reload('cache')
  expect(await host.tool('cache.get', { key: 'stays' })).toEqual({ found: true, value: [1] })
  expect(await host.tool('cache.get', { key: 'goes' })).toMatchObject({ found: false })
  expect(await host.tool('cache.get', { key: 'ends' })).toMatchObject({ found: false })
  expect(await host.tool('cache.clear', { tag: 't' })).toEqual({ cleared: 1 })
  await host.reload('cache')
  expect(await host.tool('cache.stats')).toMatchObject({ entries: 0 })
})

test('the store is within its limits after every step, and counts what it holds', () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    act: fc.constantFrom('set', 'get', 'delete'),
    size: fc.integer({ min: 0, max: 600 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = new KeyValueStore({ ttlMs: null, maxEntries: 3, maxBytes: 1500 }, () => {})
      for (const { key, act, size } of steps) {
        const address = { namespace: 'n', key }
        if (act === 'set') store.set({ ...address, text: 'x'.repeat(size), expiresAt: null, tags: [] })
        else if (act === 'get') store.get(address)
        else store.delete(address)
        const { entries, bytes } = store.figures()
        expect(entries).toBeLessThanOrEqual(3)
        expect(bytes).toBeLessThanOrEqual(1500)
      }
      store.clear(() => true)
      expect(store.figures()).toMatchObject({ entries: 0, bytes: 0 })
    }),
  )
})
