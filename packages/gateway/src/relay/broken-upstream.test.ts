import { request } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cut, sse } from '../testing/scripted-upstream.ts'
import type { Script } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import {
  anthropicErrorEvent,
  anthropicHead,
  anthropicJson,
  openaiHead,
  openaiJson,
} from '../testing/vendor-answers.ts'

let gw: TestGateway
beforeEach(async () => {
  gw = await startGateway({
    routing: { timeouts: { firstByteMs: 400, idleMs: 400, totalMs: 2_000 } },
    setup: (ctx) => {
      ctx.provider(provider('refuses', 'anthropic', 'http://127.0.0.1:1'))
      ctx.provider(provider('nameless', 'anthropic', 'http://no-such-host.invalid'))
    },
  })
})
afterEach(() => gw.close())

/** Asks with the vendor's own client and gives what it made of the answer. */
async function askAnthropic(model: string, stream: boolean): Promise<unknown> {
  const client = new Anthropic({ baseURL: gw.url, apiKey: OWNER_TOKEN, maxRetries: 0 })
  const params = { model, max_tokens: 50, messages: [{ role: 'user' as const, content: 'hi' }] }
  return stream ? client.messages.stream(params).finalMessage() : client.messages.create(params)
}

async function askOpenai(model: string, stream: boolean): Promise<unknown> {
  const client = new OpenAI({ baseURL: `${gw.url}/v1`, apiKey: OWNER_TOKEN, maxRetries: 0 })
  const params = { model, messages: [{ role: 'user' as const, content: 'hi' }] }
  if (!stream) return client.chat.completions.create(params)
  const chunks = []
  for await (const chunk of await client.chat.completions.create({ ...params, stream: true }))
    chunks.push(chunk)
  return chunks
}

const half = (text: string): string => text.slice(0, -20)
const CUTS: readonly (readonly [what: string, model: string, stream: boolean, script: Script])[] = [
  ['an anthropic stream at an event’s end', 'ant/ant-model', true, cut(anthropicHead)],
  ['an anthropic stream in mid-event', 'ant/ant-model', true, cut(half(anthropicHead))],
  ['an anthropic stream that ends cleanly but early', 'ant/ant-model', true, sse(anthropicHead)],
  ['an anthropic stream of nothing', 'ant/ant-model', true, sse('')],
  [
    'an anthropic JSON answer',
    'ant/ant-model',
    false,
    cut(half(JSON.stringify(anthropicJson)), 'application/json'),
  ],
  ['an openai stream at an event’s end', 'oai/x', true, cut(openaiHead)],
  ['an openai stream in mid-event', 'oai/x', true, cut(half(openaiHead))],
  ['an openai stream that ends cleanly but early', 'oai/x', true, sse(openaiHead)],
  ['an openai stream of nothing', 'oai/x', true, sse('')],
  ['an openai JSON answer', 'oai/x', false, cut(half(JSON.stringify(openaiJson)), 'application/json')],
]

describe.each([
  ['anthropic', askAnthropic],
  ['openai', askOpenai],
] as const)('the %s client', (_name, ask) => {
  test.each(CUTS)('sees a failure when %s is cut', async (_what, model, stream, script) => {
    gw.upstream.script = script
    await expect(ask(model, stream)).rejects.toThrow()
    expect(await gw.ended(1)).toMatchObject([{ outcome: 'failed' }])
    expect(gw.ends).toHaveLength(1)
    expect(gw.records).toHaveLength(1)
  })

  test('sees a failure when a stream falls silent', async () => {
    gw.upstream.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(anthropicHead)
    }
    await expect(ask('ant/ant-model', true)).rejects.toThrow()
    expect(await gw.ended(1)).toMatchObject([{ outcome: 'failed', reason: 'idle_timeout' }])
    await gw.upstream.seen[0]?.closed
  })

  test('is told with a status when the upstream cannot be reached', async () => {
    await expect(ask('refuses/refuses-model', true)).rejects.toMatchObject({ status: 502 })
    await expect(ask('nameless/nameless-model', false)).rejects.toMatchObject({ status: 502 })
    expect(gw.ends.map(({ reason }) => reason)).toEqual(['connect_failed', 'dns_failed'])
  })

  test('is told with a status when the upstream says nothing, hangs up or talks nonsense', async () => {
    gw.upstream.script = () => {}
    await expect(ask('ant/ant-model', true)).rejects.toMatchObject({ status: 504 })
    gw.upstream.script = (response) => response.destroy()
    await expect(ask('ant/ant-model', false)).rejects.toMatchObject({ status: 502 })
    gw.upstream.script = (response) => response.socket?.end('HTTP/9.9 what\r\n\r\n')
    await expect(ask('oai/x', false)).rejects.toMatchObject({ status: 502 })
    expect(gw.ends.map(({ reason }) => reason)).toEqual([
      'first_byte_timeout',
      'connection_lost',
      'bad_answer',
    ])
  })
})

test('what the client gets of a cut stream is the bytes so far, an error event, and no end of body', async () => {
  for (const [path, model, head] of [
    ['/v1/messages', 'ant/ant-model', anthropicHead],
    ['/v1/messages', 'ant/ant-model', half(anthropicHead + anthropicErrorEvent)],
    ['/v1/chat/completions', 'oai/x', openaiHead],
    ['/v1/chat/completions', 'oai/x', half(openaiHead + openaiHead)],
  ] as const) {
    gw.upstream.script = cut(head)
    const { text, clean } = await readAll(await gw.post(path, { model, stream: true }))
    expect(text.startsWith(head)).toBe(true)
    expect(text).not.toContain('[DONE]')
    expect(text).not.toContain('message_stop')
    const added = text.slice(head.length)
    expect(added.startsWith('\n\n')).toBe(!head.endsWith('\n\n'))
    expect(added).toContain('"error"')
    expect(clean).toBe(false)
  }
})

test('an error event of the upstream passes as it is, and the exchange counts as failed', async () => {
  gw.upstream.script = sse(anthropicHead + anthropicErrorEvent)
  const { text } = await readAll(await gw.post('/v1/messages', { model: 'ant/ant-model', stream: true }))
  expect(text).toBe(anthropicHead + anthropicErrorEvent)
  expect(gw.ends).toMatchObject([{ outcome: 'failed', reason: 'upstream_error', usage: { inputTokens: 12 } }])
})

test('an exchange that takes too long in all is ended', async () => {
  gw.upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(anthropicHead)
    const timer = setInterval(() => response.write('event: ping\ndata: {"type":"ping"}\n\n'), 50)
    response.once('close', () => clearInterval(timer))
  }
  const { clean } = await readAll(await gw.post('/v1/messages', { model: 'ant/ant-model', stream: true }))
  expect(clean).toBe(false)
  expect(gw.ends).toMatchObject([{ outcome: 'failed', reason: 'total_timeout' }])
  await gw.upstream.seen[0]?.closed
})

test('a client that stops reading is not waited for longer than an exchange may take', async () => {
  gw.upstream.script = sse(anthropicHead + `: ${'x'.repeat(30_000_000)}\n\n`)
  const headers = { 'content-type': 'application/json', 'x-api-key': OWNER_TOKEN }
  const asked = request(`${gw.url}/v1/messages`, { method: 'POST', headers })
  asked.on('response', (response) => response.pause().on('error', () => {}))
  asked.on('error', () => {}).end(JSON.stringify({ model: 'ant/ant-model', stream: true }))
  expect(await gw.ended(1)).toMatchObject([{ outcome: 'failed', reason: 'total_timeout' }])
  await gw.upstream.seen[0]?.closed
  asked.destroy()
})

async function readAll(response: Response): Promise<{ text: string; clean: boolean }> {
  let text = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
    return { text, clean: true }
  } catch {
    return { text, clean: false }
  }
}
