import Anthropic, { RateLimitError } from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { block } from '@agentproxy/plugin'
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { json } from '../testing/scripted-upstream.ts'
import { CANARY, OWNER_TOKEN, provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { estimateTokens } from './estimate-tokens.ts'

let gw: TestGateway
let claude: Anthropic
let google: GoogleGenAI
let isBlocking = false
beforeAll(async () => {
  gw = await startGateway({
    setup: (ctx) => {
      const base = 'http://127.0.0.1:9'
      ctx.provider(provider('nowhere', 'anthropic', base, { endpoints: countable(base) }))
      ctx.hook('request.received', ({ path }) => (isBlocking ? block(`not ${path}`) : undefined))
    },
  })
  const url = gw.upstream.url
  await gw.manager.loadPlugin({
    name: 'counters',
    version: '1.0.0',
    setup(ctx) {
      ctx.provider(provider('counts', 'anthropic', url, { endpoints: countable(url) }))
      const gemini = { url: `${url}/m/{model}:generateContent`, countUrl: `${url}/m/{model}:countTokens` }
      ctx.provider(provider('google', 'anthropic', url, { endpoints: { gemini } }))
    },
  })
  claude = new Anthropic({ baseURL: gw.url, apiKey: OWNER_TOKEN, maxRetries: 0 })
  google = new GoogleGenAI({ apiKey: OWNER_TOKEN, httpOptions: { baseUrl: gw.url } })
})
afterAll(() => gw.close())
beforeEach(() => {
  gw.upstream.seen.length = 0
  isBlocking = false
})

function countable(base: string) {
  return { anthropic: { url: `${base}/v1/messages`, countUrl: `${base}/v1/messages/count_tokens` } }
}

const messages = [{ role: 'user' as const, content: 'How many tokens are these?' }]

function last() {
  const { url, headers, body } = gw.upstream.seen.at(-1) ?? {}
  return { url, headers, body: JSON.parse(body?.toString() ?? 'null') }
}

test('a count in the upstream’s own format is the upstream’s, with its fields whole', async () => {
  gw.upstream.script = json({ input_tokens: 77, more: true })
  const tools = [{ name: 'weather', input_schema: { type: 'object' as const } }]
  const counted = claude.messages.countTokens({ model: 'counts/counts-model', messages, tools })
  const { data, response } = await counted.withResponse()
  expect(data).toMatchObject({ input_tokens: 77, more: true })
  expect(response.headers.has('x-agentproxy-estimate')).toBe(false)
  expect(last()).toMatchObject({
    url: '/v1/messages/count_tokens',
    headers: { 'x-api-key': CANARY, 'anthropic-version': expect.any(String) },
    body: { model: 'counts-model', messages, tools },
  })
  gw.upstream.script = json({ totalTokens: 31, cachedContentTokenCount: 4 })
  const gemini = await google.models.countTokens({ model: 'google/google-model', contents: 'hi' })
  expect(gemini).toMatchObject({ totalTokens: 31, cachedContentTokenCount: 4 })
  expect(last().url).toBe('/m/google-model:countTokens')
})

test('a count in another format is asked for in the upstream’s, and only with what that takes', async () => {
  gw.upstream.script = json({ totalTokens: 31 })
  const counted = await claude.messages.countTokens({
    model: 'google/google-model',
    system: 'Be brief',
    messages,
  })
  expect(counted).toEqual({ input_tokens: 31 })
  expect(last().body).toMatchObject({
    generateContentRequest: {
      model: 'models/google-model',
      systemInstruction: { parts: [{ text: 'Be brief' }] },
      contents: [{ role: 'user', parts: [{ text: messages[0]?.content }] }],
    },
  })
  gw.upstream.script = json({ input_tokens: 12 })
  const gemini = await google.models.countTokens({ model: 'counts/counts-model', contents: 'hi' })
  expect(gemini.totalTokens).toBe(12)
  expect(Object.keys(last().body).toSorted()).toEqual(['messages', 'model'])
})

test('where no count is offered it is an estimate, says so, and nothing is called', async () => {
  const { data, response } = await claude.messages
    .countTokens({ model: 'oai/x', system: 'Be brief', messages })
    .withResponse()
  expect(response.headers.get('x-agentproxy-estimate')).toBe('1')
  expect(data.input_tokens).toBe(estimateTokens({ system: 'Be brief', messages }))
  const answer = await gw.post('/v1beta/models/oai/x:countTokens', {
    contents: [{ parts: [{ text: 'hi' }] }],
  })
  expect(answer.headers.get('x-agentproxy-estimate')).toBe('1')
  expect(await answer.json()).toEqual({
    totalTokens: estimateTokens({ contents: [{ parts: [{ text: 'hi' }] }] }),
  })
  expect((await gw.post('/oai/v1/messages/count_tokens', { model: 'x', messages })).status).toBe(200)
  expect(gw.upstream.seen).toEqual([])
})

test('a count is no exchange: nothing is recorded of it', async () => {
  gw.upstream.script = json({ input_tokens: 1 })
  await claude.messages.countTokens({ model: 'counts/counts-model', messages })
  await claude.messages.countTokens({ model: 'oai/x', messages })
  await gw.post('/v1/messages/count_tokens', '{')
  expect([gw.ends, gw.records]).toEqual([[], []])
})

test('an upstream’s refusal arrives in the caller’s dialect with its words and its retry-after', async () => {
  const error = { type: 'error', error: { type: 'rate_limit_error', message: `Slow down, ${CANARY}` } }
  gw.upstream.script = json(error, 429, { 'retry-after': '7' })
  const asked = claude.messages.countTokens({ model: 'counts/counts-model', messages })
  const failed: unknown = await asked.then(String, (thrown: unknown) => thrown)
  expect(failed).toBeInstanceOf(RateLimitError)
  expect(String(failed)).toContain('Slow down')
  expect(String(failed)).not.toContain(CANARY)
  expect((failed as RateLimitError).headers.get('retry-after')).toBe('7')
})

test.each([
  ['{', 400],
  ['[]', 400],
  ['{"messages":[]}', 400],
  ['{"model":"nobody/none","messages":[]}', 404],
  ['{"model":"nowhere/nowhere-model","messages":[]}', 502],
  ['{"model":"google/google-model","messages":7}', 400],
])('%s is answered with %i', async (body, status) => {
  const answer = await gw.post('/v1/messages/count_tokens', body)
  expect([answer.status, await answer.json()]).toMatchObject([status, { type: 'error' }])
})

test('a guard that blocks a request blocks its count', async () => {
  isBlocking = true
  const answer = await gw.post('/v1/messages/count_tokens', { model: 'counts/counts-model', messages })
  expect(answer.status).toBe(403)
  expect(await answer.text()).toContain('not /v1/messages/count_tokens')
  expect(gw.upstream.seen).toEqual([])
})

test('an estimate grows with the text, takes a file for what it is, and never fails', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string({ minLength: 8 }), (request, text) => {
      const less = estimateTokens(request)
      expect(Number.isSafeInteger(less) && less >= 0).toBe(true)
      expect(estimateTokens({ wrapped: [request, text] })).toBeGreaterThan(0)
    }),
  )
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(1e6) } }
  expect(estimateTokens({ messages: [{ role: 'user', content: [image] }] })).toBeLessThan(1_700)
  expect(estimateTokens({ messages: 'a'.repeat(4_000), model: 'x'.repeat(500), max_tokens: 9 })).toBe(1_000)
})
