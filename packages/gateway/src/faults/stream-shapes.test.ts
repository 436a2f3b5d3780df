import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectServing, expectUnharmed, openSockets } from '../testing/expect-unharmed.ts'
import { FaultProxy } from '../testing/fault-proxy.ts'
import { ScriptedUpstream, sse } from '../testing/scripted-upstream.ts'
import { provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicHead, anthropicSse } from '../testing/vendor-answers.ts'

let gw: TestGateway
let upstream: ScriptedUpstream
let proxy: FaultProxy
let before: number
beforeAll(async () => {
  upstream = await new ScriptedUpstream().listen()
  proxy = await new FaultProxy(upstream.url).listen()
  gw = await startGateway({
    routing: { timeouts: { idleMs: 500 }, retries: { max: 0 } },
    setup: (ctx) => void ctx.provider(provider('far', 'anthropic', proxy.url, { passesUnknownModels: true })),
  })
})
beforeEach(async () => {
  await expectServing(gw)
  before = openSockets()
})
afterEach(async () => {
  proxy.fault = {}
  await expectUnharmed(gw, before)
})
afterAll(async () => {
  await gw.close()
  await proxy.close()
  await upstream.close()
})

const messages = [{ role: 'user' as const, content: 'hi' }]
const ASK = { max_tokens: 5, stream: true, messages }
let asked = 0
/** A name of its own for each call, so that no breaker opens. */
const model = (): string => `far/m${(asked += 1)}`
const once = { headers: { connection: 'close' } }

function stream(bytes: Buffer | string): void {
  upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' }).end(bytes)
  }
}

/** The bytes a client of the same format gets, as far as they come. */
async function relayed(): Promise<{ bytes: Buffer; isClean: boolean }> {
  const answer = await gw.post('/v1/messages', { ...ASK, model: model() }, once)
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of answer.body ?? []) chunks.push(chunk)
    return { bytes: Buffer.concat(chunks), isClean: true }
  } catch {
    return { bytes: Buffer.concat(chunks), isClean: false }
  }
}

/** What a chat client reads of the same stream, translated. Rejects with the error it is told. */
async function translated(): Promise<string> {
  const ask = { model: model(), stream: true, messages }
  const answer = await gw.post('/v1/chat/completions', ask, once)
  let text = ''
  const lines: string[] = []
  try {
    const decoder = new TextDecoder()
    for await (const chunk of answer.body ?? []) text += decoder.decode(chunk, { stream: true })
  } catch {
    // A cut connection; what it was cut for stands before.
  }
  for (const line of text.split('\n')) {
    if (!line.startsWith('data: {') && !line.startsWith('{')) continue
    const { error, choices } = JSON.parse(line.replace('data: ', '')) as {
      error?: { message: string }
      choices?: { delta: { content?: string } }[]
    }
    if (error !== undefined) throw new Error(error.message)
    lines.push(choices?.[0]?.delta.content ?? '')
  }
  return lines.join('')
}

const umlauts = anthropicSse.replaceAll('there', 'größer 🦊')
const SHAPES: readonly (readonly [what: string, text: string])[] = [
  ['CRLF', umlauts.replaceAll('\n', '\r\n')],
  ['bare CR', umlauts.replaceAll('\n', '\r')],
  [
    'line ends of all kinds',
    umlauts
      .replaceAll('\n\nevent: content', '\r\n\r\nevent: content')
      .replaceAll('\ndata: {"type":"message', '\rdata: {"type":"message'),
  ],
  ['a byte order mark', `\uFEFF${umlauts}`],
  ['no space behind the colon', umlauts.replaceAll('data: ', 'data:').replaceAll('event: ', 'event:')],
  ['comments, ids and retry times', umlauts.replaceAll('event:', ': x\nid: 7\nretry: 5\nevent:')],
  ['data in several lines', umlauts.replaceAll('","', '",\ndata: "')],
  ['a last event without an empty line', umlauts.trimEnd()],
]

const long = (bytes: number): string => anthropicSse.replace(' there', 'x'.repeat(bytes))

describe('F19: odd but legal streams pass byte for byte, and are read alike however they are cut', () => {
  test.each(SHAPES)('%s', async (_what, text) => {
    stream(text)
    for (const fault of [{}, { sliceBytes: 1 }, { sliceBytes: 7 }]) {
      proxy.fault = fault
      expect((await relayed()).bytes.toString()).toBe(text)
      expect(gw.ends.at(-1)).toMatchObject({
        outcome: 'completed',
        usage: { inputTokens: 12, outputTokens: 5 },
      })
      const isOpenEnd = text === umlauts.trimEnd()
      if (!isOpenEnd) expect(await translated()).toBe('Hello größer 🦊')
    }
  })

  test('F19: a line of ten megabytes passes; one beyond sixteen is an error where it has to be read', async () => {
    const asChat = async (): Promise<string> => {
      const ask = { model: model(), stream: true, messages }
      return (await gw.post('/v1/chat/completions', ask, once)).text().catch(String)
    }
    stream(long(10_000_000))
    expect((await relayed()).bytes).toHaveLength(long(10_000_000).length)
    expect((await asChat()).length).toBeGreaterThan(10_000_000)
    expect(gw.ends.at(-1)).toMatchObject({ outcome: 'completed' })
    stream(long(17_000_000))
    await asChat()
    expect(gw.ends.at(-1)).toMatchObject({ outcome: 'failed', reason: 'upstream_error' })
  })
})

describe('F18: what nobody knows passes, what comes after the end is not said twice', () => {
  const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
  test.each([
    [
      'an unknown event',
      anthropicSse.replace('event: ping', 'event: news\ndata: {"type":"news"}\n\nevent: ping'),
    ],
    ['unknown fields', anthropicSse.replaceAll('"index":0', '"index":0,"new":{"a":[1]}')],
    ['an end that comes twice', anthropicSse + stop],
    ['an event after the end', `${anthropicSse}event: ping\ndata: {"type":"ping"}\n\n`],
  ])('%s', async (_what, text) => {
    stream(text)
    expect((await relayed()).bytes.toString()).toBe(text)
    expect(gw.ends.at(-1)).toMatchObject({ outcome: 'completed' })
    expect(await translated()).toBe('Hello there')
  })
})

test('F20: an event that is no JSON passes where it is relayed, and is an error where it is translated', async () => {
  const text = anthropicSse.replace('event: ping', 'event: odd\ndata: {"type":\n\nevent: ping')
  stream(text)
  expect((await relayed()).bytes.toString()).toBe(text)
  await expect(translated()).rejects.toThrow(/no JSON/)
  expect(gw.ends.at(-1)).toMatchObject({ outcome: 'failed', reason: 'upstream_error' })
})

test('F21: bytes that are no UTF-8 pass unchanged, and are never half a character in a translation', async () => {
  const bytes = Buffer.from(anthropicSse.replace('there', 'th\u0001re'))
  bytes[bytes.indexOf(1)] = 0xff
  stream(bytes)
  expect((await relayed()).bytes).toEqual(bytes)
  expect(await translated()).toBe('Hello th\uFFFDre')
})

test('F13: a reset in mid-stream is an error event and a cut connection', async () => {
  upstream.script = sse(anthropicSse, { connection: 'close' })
  proxy.fault = { resetAfter: 700 }
  const { bytes, isClean } = await relayed()
  expect(isClean).toBe(false)
  expect(bytes.toString().match(/^event: error$/gm)).toHaveLength(1)
  expect(bytes.toString()).not.toContain('message_stop')
  expect(gw.ends.at(-1)).toMatchObject({
    outcome: 'failed',
    reason: 'connection_lost',
    usage: { inputTokens: 12 },
  })
})

test('F13: a reset after the stream’s own end is no fault of the answer, and nothing follows that end', async () => {
  upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(anthropicSse, () => setTimeout(() => response.destroy(), 30))
  }
  const { bytes, isClean } = await relayed()
  expect([bytes.toString(), isClean]).toEqual([anthropicSse, true])
  expect(gw.ends.at(-1)).toMatchObject({ outcome: 'completed', usage: { outputTokens: 5 } })
})

test('F14: a network that swallows the rest without a word is ended by the idle limit', async () => {
  upstream.script = sse(anthropicHead + anthropicSse.slice(anthropicHead.length))
  proxy.fault = { blackholeAfter: 700 }
  const { bytes, isClean } = await relayed()
  expect(isClean).toBe(false)
  expect(bytes.toString()).toContain('event: error')
  expect(gw.ends.at(-1)).toMatchObject({ outcome: 'failed', reason: 'idle_timeout' })
})

test('F15: a slow wire with pings on it is waited for', async () => {
  upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' })
    response.write(anthropicHead)
    let pings = 0
    const timer = setInterval(() => {
      pings += 1
      if (pings < 8) return void response.write('event: ping\ndata: {"type":"ping"}\n\n')
      clearInterval(timer)
      response.end(anthropicSse.slice(anthropicHead.length))
    }, 120)
  }
  proxy.fault = { latencyMs: 20 }
  const { bytes, isClean } = await relayed()
  expect(isClean).toBe(true)
  expect(bytes.toString().match(/event: ping/g)).toHaveLength(8)
})
