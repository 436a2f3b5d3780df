import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { definePlugin } from '@agentproxy/plugin'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { json, sse } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import * as vendor from '../testing/vendor-answers.ts'

let gw: TestGateway
let routed = 0
beforeAll(async () => {
  gw = await startGateway({
    aliases: { fast: ['oai/quick', 'ant/ant-model'], 'ant-model': ['oai/other'] },
    setup: (ctx) => {
      ctx.hook('model.route', () => {
        routed += 1
        return { provider: 'oai', model: 'routed' }
      })
    },
  })
})
afterAll(() => gw.close())
beforeEach(() => {
  gw.upstream.seen.length = 0
  routed = 0
})

function asked(): unknown {
  return JSON.parse(gw.upstream.seen.at(-1)?.body.toString() ?? '{}').model
}

test.each([
  ['/ant/v1/messages', 'ant-model', 'ant-model'],
  ['/ant/v1/messages', 'ant/ant-model', 'ant-model'],
  ['/ant/v1/messages', 'shared-model', 'shared-model'],
  ['/ant/v1/messages', 'fast', 'ant-model'],
  ['/oai/v1/messages', 'fast', 'quick'],
  ['/oai/v1/messages', 'anything/at/all', 'anything/at/all'],
])('%s asks for %s as %s, at that provider and without asking model.route', async (path, model, expected) => {
  gw.upstream.script = json(path.startsWith('/ant') ? vendor.anthropicJson : vendor.openaiJson)
  const answer = await gw.post(path, { model, max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] })
  expect(answer.status).toBe(200)
  expect(asked()).toBe(expected)
  expect(gw.upstream.seen[0]?.url).toBe(path.startsWith('/ant') ? '/v1/messages' : '/v1/chat/completions')
  expect(routed).toBe(0)
})

test('every vendor’s client works below a provider’s name, whole and streamed', async () => {
  const messages = [{ role: 'user' as const, content: 'hi' }]
  const claude = new Anthropic({ baseURL: `${gw.url}/ant`, apiKey: OWNER_TOKEN, maxRetries: 0 })
  const gpt = new OpenAI({ baseURL: `${gw.url}/ant/v1`, apiKey: OWNER_TOKEN, maxRetries: 0 })
  const google = new GoogleGenAI({ apiKey: OWNER_TOKEN, httpOptions: { baseUrl: `${gw.url}/ant` } })
  const model = 'ant-model'
  gw.upstream.script = json(vendor.anthropicJson)
  const whole = [
    (await claude.messages.create({ model, max_tokens: 9, messages })).content,
    (await gpt.chat.completions.create({ model, messages })).choices[0]?.message.content,
    (await gpt.responses.create({ model, input: 'hi' })).output_text,
    (await google.models.generateContent({ model, contents: 'hi' })).text,
  ]
  expect(JSON.stringify(whole).match(/Hello there/g)).toHaveLength(4)
  gw.upstream.script = sse(vendor.anthropicSse)
  const streams = [
    await claude.messages.create({ model, max_tokens: 9, messages, stream: true }),
    await gpt.chat.completions.create({ model, messages, stream: true }),
    await gpt.responses.create({ model, input: 'hi', stream: true }),
    await google.models.generateContentStream({ model, contents: 'hi' }),
  ]
  for (const stream of streams) {
    let text = ''
    for await (const event of stream) text += JSON.stringify(event)
    expect(text).toContain(' there')
  }
  expect(gw.upstream.seen.every(({ url }) => url === '/v1/messages')).toBe(true)
})

test('a model the provider has not, and a provider there is not, are 404 in the caller’s dialect', async () => {
  const ask = { model: 'ant-modle', max_tokens: 5, messages: [] }
  const model = await gw.post('/ant/v1/messages', ask)
  expect([model.status, await model.json()]).toMatchObject([
    404,
    { type: 'error', error: { type: 'not_found_error', message: expect.stringContaining('ant-model') } },
  ])
  const none = await gw.post('/nobody/v1/messages', ask)
  expect([none.status, await none.json()]).toMatchObject([
    404,
    { type: 'error', error: { message: expect.stringContaining('ant, oai') } },
  ])
  expect((await gw.post('/claude/v1/messages', ask)).status).toBe(404)
  expect((await gw.post('/toString/v1/messages', ask)).status).toBe(404)
  expect(gw.upstream.seen).toEqual([])
})

test('claude is the path of the provider anthropic', async () => {
  const source = definePlugin({
    name: 'late',
    version: '1.0.0',
    setup: (ctx) => void ctx.provider(provider('anthropic', 'anthropic', gw.upstream.url)),
  })
  await gw.manager.loadPlugin(source)
  gw.upstream.script = json(vendor.anthropicJson)
  const ask = { model: 'anthropic-model', max_tokens: 5, messages: [] }
  expect((await gw.post('/claude/v1/messages', ask)).status).toBe(200)
  expect((await gw.post('/anthropic/v1/messages', ask)).status).toBe(200)
  await gw.manager.unloadPlugin('late')
  expect((await gw.post('/claude/v1/messages', ask)).status).toBe(404)
})

test('a provider called as a plugin takes none of the plugin’s paths, and serves the others', async () => {
  const plugin = definePlugin({
    name: 'both',
    version: '1.0.0',
    setup: (ctx) => {
      ctx.route('POST', '/v1/messages', () => new Response('the plugin’s own'))
      ctx.route('GET', '/v1/chat/completions', () => new Response('also'), { access: 'public' })
      ctx.provider(provider('both', 'openai-chat', gw.upstream.url))
    },
  })
  await gw.manager.loadPlugin(plugin)
  gw.upstream.script = json(vendor.openaiJson)
  const ask = { model: 'both-model', input: 'x', messages: [] }
  expect(await (await gw.post('/both/v1/messages', ask)).text()).toBe('the plugin’s own')
  expect((await gw.post('/both/v1/chat/completions', ask)).status).toBe(405)
  expect((await gw.post('/both/v1/responses', ask)).status).toBe(200)
  expect((await fetch(`${gw.url}/both/v1/responses`, { method: 'POST' })).status).toBe(401)
  await gw.manager.unloadPlugin('both')
})
