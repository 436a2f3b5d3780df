import Anthropic, { RateLimitError as ClaudeRateLimit } from '@anthropic-ai/sdk'
import OpenAI, { AuthenticationError as GptAuthentication } from 'openai'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { KeyLimits, KeyRecord, Store } from '@agentproxy/store'
import { anthropicJson } from '../testing/vendor-answers.ts'
import { json } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { recorded, testStore } from '../testing/test-ledger.ts'
import { hashKey, isModelAllowed, makeKey } from './virtual-key.ts'

const prices = { 'ant/ant-model': { input: 1000, output: 2000 } }
const call = { model: 'ant/ant-model', max_tokens: 5, messages: [{ role: 'user' as const, content: 'hi' }] }
const unlimited: KeyLimits = {
  budgetUsd: null,
  tokensPerDay: null,
  requestsPerMinute: null,
  tokensPerMinute: null,
}

let store: Store
let gw: TestGateway
beforeEach(async () => {
  store = await testStore()
  const { exchanges, keys } = store
  gw = await startGateway({
    prices,
    exchanges,
    ledger: exchanges,
    holds: store.holds,
    keys,
    aliases: { fast: ['ant/ant-model'] },
  })
  gw.upstream.script = json(anthropicJson)
})
afterEach(() => gw.close())

async function keep(
  over: Partial<Pick<KeyRecord, 'models' | 'expiresAt'>> & { limits?: Partial<KeyLimits> } = {},
): Promise<string> {
  const { key, ...rest } = makeKey()
  const { models = [], expiresAt = null } = over
  const limits = { ...unlimited, ...over.limits }
  await store.keys.create({ ...rest, name: rest.id, models, limits, expiresAt })
  return key
}

function ask(key: string, body: unknown = call): Promise<Response> {
  return gw.post('/v1/messages', body, { headers: { authorization: '', 'x-api-key': key } })
}

function get(path: string, key: string): Promise<Response> {
  return fetch(gw.url + path, { headers: { 'x-api-key': key } })
}

test('a key that was just made is good, for its calls are recorded under it', async () => {
  const key = await keep()
  expect((await ask(key)).status).toBe(200)
  const [row] = await recorded(store, 1)
  expect(row?.keyId).toMatch(/^key-[0-9a-f]{12}$/)
  expect(gw.ends[0]?.identity).toEqual({
    kind: 'key',
    taskId: null,
    purpose: null,
    keyId: row?.keyId,
    keyName: row?.keyId,
  })
  expect(await store.exchanges.usage({ by: 'key' })).toMatchObject([{ group: row?.keyId, costUsd: 0.022 }])
})

test.each(['/plugins', '/plugins/status', '/tools', '/usage'])(
  'a key is for model calls alone: %s is 403',
  async (path) => {
    expect((await get(path, await keep())).status).toBe(403)
  },
)

test('a key sees the health of the gateway and not of its plugins', async () => {
  expect(await (await get('/health', await keep())).json()).not.toHaveProperty('checks')
})

test('a key sees and uses only its models, by name or by alias', async () => {
  const key = await keep({ models: ['ant/ant-*', 'fast'] })
  const { data } = (await (await get('/v1/models', key)).json()) as { data: { id: string }[] }
  expect(data.map(({ id }) => id)).toEqual(['ant/ant-model', 'fast'])
  expect((await get('/v1/models/oai/oai-model', key)).status).toBe(404)
  expect((await ask(key)).status).toBe(200)
  expect((await ask(key, { ...call, model: 'fast' })).status).toBe(200)
  expect((await ask(key, { ...call, model: 'ant-model' })).status).toBe(200)
  const refused = await ask(key, { ...call, model: 'oai/secret' })
  expect(refused.status).toBe(403)
  expect(await refused.json()).toMatchObject({
    type: 'error',
    error: { type: 'permission_error', message: expect.stringContaining('It may use: ant/ant-*, fast.') },
  })
  expect(gw.upstream.seen).toHaveLength(3)
})

test('a revoked key and an expired one are told so, at once', async () => {
  const revoked = await keep()
  expect((await ask(revoked)).status).toBe(200)
  await store.keys.revoke((await store.keys.find(hashKey(revoked)))?.name ?? '')
  const answer = await ask(revoked)
  expect(answer.status).toBe(401)
  expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining('was revoked') } })
  const gpt = new OpenAI({
    baseURL: `${gw.url}/v1`,
    apiKey: await keep({ expiresAt: Date.now() - 1 }),
    maxRetries: 0,
  })
  const error = await gpt.chat.completions.create(call).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(GptAuthentication)
  expect(String(error)).toContain('expired')
  expect((await ask(`${revoked}x`)).status).toBe(401)
})

test('a budget by the day is 429 until it begins anew, one for good is 403', async () => {
  const daily = await keep({ limits: { budgetUsd: { amount: 0.02, per: 'day' } } })
  const total = await keep({ limits: { budgetUsd: { amount: 0.02, per: 'total' } } })
  for (const key of [daily, total]) expect((await ask(key)).status).toBe(200)
  await recorded(store, 2)
  const claude = new Anthropic({ baseURL: gw.url, apiKey: daily, maxRetries: 0 })
  const error = await claude.messages.create(call).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ClaudeRateLimit)
  const seconds = Number((error as InstanceType<typeof ClaudeRateLimit>).headers?.get('retry-after'))
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual(86_400)
  expect(String(error)).toContain('begins anew')
  expect((await ask(total)).status).toBe(403)
})

test('fifty calls at once pass a key’s budget by no more than one reserve', async () => {
  const key = await keep({ limits: { tokensPerDay: 100 } })
  const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await ask(key)).status))
  const [row] = await recorded(store, 50)
  const reserve = Math.ceil(JSON.stringify(call).length / 3) + 5
  expect((await store.exchanges.spent({ keyId: row?.keyId ?? '' })).tokens).toBeLessThanOrEqual(100 + reserve)
  expect(new Set(statuses)).toEqual(new Set([200, 429]))
})

test('requests and tokens a minute are limited, and the wait is told', async () => {
  const requests = await keep({ limits: { requestsPerMinute: 2 } })
  const tokens = await keep({ limits: { tokensPerMinute: 60 } })
  const statuses = async (key: string): Promise<number[]> => {
    const all: number[] = []
    for (let n = 0; n < 4; n++) {
      all.push((await ask(key)).status)
      await recorded(store, (count += 1))
    }
    return all
  }
  let count = 0
  expect(await statuses(requests)).toEqual([200, 200, 429, 429])
  // Each call puts about 40 tokens aside and uses 17.
  expect((await statuses(tokens)).slice(0, 3)).toEqual([200, 200, 429])
  const refused = await ask(requests)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused.text()).toContain('2 requests a minute')
})

test('what a key says is in no log, error, event, usage, list or record', async () => {
  const key = await keep({ models: ['ant/*'], limits: { requestsPerMinute: 2 } })
  const owner = { headers: { authorization: `Bearer ${OWNER_TOKEN}` } }
  const answers = [
    await ask(key),
    await ask(key, { ...call, model: 'oai/x' }),
    await ask(key),
    await ask(key),
    await get('/plugins', key),
    await get('/v1/models', key),
    await fetch(`${gw.url}/usage?by=key`, owner),
    await fetch(`${gw.url}/plugins/status`, owner),
  ]
  await store.keys.revoke((await store.keys.find(hashKey(key)))?.id ?? '')
  answers.push(await ask(key))
  const said = [
    ...(await Promise.all(answers.map((answer) => answer.text()))),
    JSON.stringify(answers.map(({ headers }) => [...headers])),
    JSON.stringify([gw.logs, gw.ends, await store.keys.list(), await store.exchanges.list({ limit: 99 })]),
    ...gw.upstream.seen.map(({ headers, body }) => JSON.stringify(headers) + body.toString()),
  ].join('\n')
  const bare = key.slice('ap-key-'.length)
  for (const secret of [bare, bare.slice(0, 12), hashKey(key)]) expect(said).not.toContain(secret)
})

test.each([
  [[], 'anything', true],
  [['ant/*'], 'ant/claude', true],
  [['ant/*'], 'giant/claude', false],
  [['*-mini'], 'openai/gpt-mini', true],
  [['a.c'], 'abc', false],
  [['(x+)+$'], 'xxxxxxxxxxxxxxxxxxxxxxxx!', false],
] as const)('the patterns %j let %s through: %s', (patterns, model, allowed) => {
  expect(isModelAllowed(patterns, [model])).toBe(allowed)
})
