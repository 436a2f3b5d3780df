import type { JsonObject, UpstreamResult } from '@agentproxy/plugin'
import { createTestHost } from '@agentproxy/plugin-testing'
import type { TestHost } from '@agentproxy/plugin-testing'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AnswerStore } from './answer-store.ts'
import cacheResponses from './index.ts'
import { requestKey } from './request-key.ts'

const identity = { kind: 'owner', taskId: null, purpose: null } as const
const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], max_tokens: 5 }
const base = {
  exchangeId: 'e',
  identity,
  provider: 'p',
  model: 'm',
  format: 'anthropic',
  headers: {},
  clientCredential: null,
  body,
} as const

interface Ask {
  readonly body?: JsonObject
  readonly text?: string | Buffer
  readonly outcome?: 'completed' | 'failed' | 'cancelled'
  readonly stream?: boolean
}

let count = 0
/** One exchange as the gateway runs it; gives what the client's side got. */
async function ask(host: TestHost, given: Ask = {}): Promise<UpstreamResult> {
  const { text = '{}', outcome = 'completed', stream = false } = given
  const exchangeId = `e${(count += 1)}`
  await host.hook('request.prepare', { ...base, exchangeId, body: given.body ?? body })
  const result = await host.hook('upstream.call', { exchangeId, stream }, async () => {
    await host.hook('exchange.end', { exchangeId, outcome })
    const answer = {
      status: 200,
      headers: { 'content-type': 'text/x' },
      body: typeof text === 'string' ? Buffer.from(text) : text,
    }
    return { kind: 'relayed', status: 200, usage: null, durationMs: 1, answer }
  })
  await host.hook('exchange.end', { exchangeId })
  return result
}

const open = (config = {}): Promise<TestHost> =>
  createTestHost({ plugins: [cacheResponses], config: { 'cache-responses': config } })

test('a completed answer is given again, marked, to the same request only', async () => {
  await using host = await open()
  expect(await ask(host, { text: 'é1' })).toMatchObject({ kind: 'relayed' })
  expect(await ask(host, { text: '2' })).toEqual({
    kind: 'response',
    status: 200,
    headers: { 'content-type': 'text/x', 'x-agentproxy-cache': 'hit' },
    body: 'é1',
  })
  expect(await ask(host, { body: { ...body, temperature: 0 } })).toMatchObject({ kind: 'relayed' })
  expect(await ask(host, { stream: true })).toMatchObject({ kind: 'relayed' })
  expect(await host.tool('cache-responses.stats')).toMatchObject({ entries: 3, hits: 1, misses: 3 })
  expect(await host.tool('cache-responses.clear')).toEqual({ cleared: 3 })
  expect(await ask(host)).toMatchObject({ kind: 'relayed' })
  expect(host.failures).toEqual([])
})

test('nothing is kept of what failed, was cancelled, or is no text', async () => {
  await using host = await open()
  for (const outcome of ['failed', 'cancelled'] as const) await ask(host, { outcome })
  await ask(host, { text: Buffer.from([0xff, 0xfe]) })
  expect(await host.tool('cache-responses.stats')).toMatchObject({ entries: 0 })
})

test('requests with tools are passed on unless the configuration says otherwise', async () => {
  const tools = { ...body, tools: [{ name: 't' }] }
  await using strict = await open()
  await ask(strict, { body: tools })
  expect(await ask(strict, { body: tools })).toMatchObject({ kind: 'relayed' })
  await using lax = await open({ withTools: true })
  await ask(lax, { body: tools })
  expect(await ask(lax, { body: tools })).toMatchObject({ kind: 'response' })
})

const keyWith = (over: object): string | null => requestKey({ ...base, ...over }, { withTools: false })

test('the key hangs on who asks, model, format and each parameter, not on provider or order of names', () => {
  const own = keyWith({})
  expect(keyWith({ provider: 'other', exchangeId: 'x' })).toBe(own)
  expect(keyWith({ body: Object.fromEntries(Object.entries(body).toReversed()) })).toBe(own)
  expect(keyWith({ headers: { 'x-anything': '1' } })).toBe(own)
  const others = [
    { identity: { kind: 'task', taskId: 't', purpose: 'agent' } },
    { identity: { kind: 'key', taskId: null, purpose: null, keyId: 'a' } },
    { identity: { kind: 'key', taskId: null, purpose: null, keyId: 'b' } },
    { clientCredential: 'client-1' },
    { clientCredential: 'client-2' },
    { model: 'n' },
    { format: 'openai-chat' },
    { headers: { 'anthropic-beta': 'b' } },
    { body: { ...body, max_tokens: 6 } },
  ].map(keyWith)
  expect(new Set([own, ...others]).size).toBe(others.length + 1)
  expect(keyWith({ body: { ...body, previous_response_id: 'r' } })).toBeNull()
})

test('the store never holds more than it may, whatever comes', () => {
  const step = fc.record({ key: fc.integer({ min: 0, max: 9 }), size: fc.integer({ min: 0, max: 900 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = new AnswerStore({ ttlMs: 60_000, maxBytes: 2000, maxAnswerBytes: 800 })
      for (const { key, size } of steps) {
        store.set(String(key), { contentType: 'x', body: 'a'.repeat(size) })
        const kept = store.get(String(key))
        if (size <= 800) expect(kept?.body).toHaveLength(size)
        expect(store.figures().bytes).toBeLessThanOrEqual(2000)
      }
      store.clear()
      expect(store.figures()).toMatchObject({ entries: 0, bytes: 0 })
    }),
  )
})

test('an answer that is too old is no answer', async () => {
  const store = new AnswerStore({ ttlMs: 1, maxBytes: 10_000, maxAnswerBytes: 100 })
  store.set('k', { contentType: 'x', body: 'a' })
  await new Promise((resolve) => setTimeout(resolve, 15))
  expect(store.get('k')).toBeNull()
  expect(store.figures()).toMatchObject({ entries: 0, bytes: 0, expired: 1, misses: 1 })
})
