import type { ModelEvent, WireFormat } from '@agentproxy/plugin'
import { afterEach, describe, expect, test } from 'vitest'
import { askWithSdk } from '../testing/ask-with-sdk.ts'
import { cut, json, sse } from '../testing/scripted-upstream.ts'
import type { Script } from '../testing/scripted-upstream.ts'
import { block, call, end, spoken, usage } from '../testing/spoken.ts'
import { startRescue } from '../testing/start-rescue.ts'
import type { RescuePair } from '../testing/start-rescue.ts'
import { CANARY } from '../testing/test-gateway.ts'

const FORMATS = ['anthropic', 'openai-chat', 'openai-responses', 'gemini'] as const
const STOPPED = {
  anthropic: 'end_turn',
  'openai-chat': 'stop',
  'openai-responses': 'completed',
  gemini: 'STOP',
}
const CALLED = { ...STOPPED, anthropic: 'tool_use', 'openai-chat': 'tool_calls' }
const OTHER: Readonly<Record<string, WireFormat>> = {
  anthropic: 'openai-chat',
  'openai-chat': 'gemini',
  'openai-responses': 'anthropic',
  gemini: 'openai-responses',
}

let pair: RescuePair
afterEach(async () => {
  const { gw } = pair
  await expect.poll(() => gw.gateway.accounts().every(({ inFlight }) => inFlight === 0)).toBe(true)
  const ids = gw.ends.map(({ exchangeId }) => exchangeId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(JSON.stringify([gw.ends, gw.logs])).not.toContain(CANARY)
  await pair.close()
})

const begun: ModelEvent = { type: 'start', id: 'first_1', model: 'm' }
const anew: ModelEvent = { type: 'start', id: 'second_1', model: 'm' }
const opened: ModelEvent = { type: 'block_start', index: 0, block: { type: 'text' } }
const hello: ModelEvent = { type: 'block_delta', index: 0, delta: { type: 'text', text: 'Hello' } }
const comma: ModelEvent = { type: 'block_delta', index: 0, delta: { type: 'text', text: ',' } }
const head = [begun, usage(12, 1), opened, hello, comma]
const rest = [anew, usage(20, 1), ...block(0, 'text', ' world'), usage(20, 7), ...end()]
const lookAt = (path: string) => ({ id: `call_${path}`, name: 'look', args: { path } })

const overloaded: ModelEvent = {
  type: 'error',
  error: {
    type: 'overloaded',
    message: 'Overloaded',
    status: 529,
    vendorType: null,
    retryAfterMs: null,
    requestId: null,
  },
}
const silent =
  (text: string): Script =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(text)
  }
/** A stream whose second part comes when the first has reached the client. */
function inTwo(format: WireFormat, one: readonly ModelEvent[], two: readonly ModelEvent[]): Script {
  return (response) => {
    const before = spoken(format, one)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(before)
    setTimeout(() => response.end(spoken(format, [...one, ...two]).slice(before.length)), 30)
  }
}
const BREAKS: readonly (readonly [what: string, script: (format: WireFormat) => Script, reason: string])[] = [
  ['is reset', (format) => cut(spoken(format, head)), 'connection_lost'],
  ['is reset within an event', (format) => cut(spoken(format, head).slice(0, -9)), 'connection_lost'],
  ['ends early', (format) => sse(spoken(format, head)), 'truncated'],
  ['ends in an error event', (format) => inTwo(format, head, [overloaded]), 'upstream_error'],
  ['falls silent', (format) => silent(spoken(format, head)), 'idle_timeout'],
]

describe.each(FORMATS)('the %s client', (format) => {
  test.each(BREAKS)('reads on when its stream %s', async (what, script, reason) => {
    pair = await startRescue({ first: format })
    pair.first.script = script(format)
    pair.second.script = sse(spoken(format, rest))
    const answer = await askWithSdk(format, pair.gw.url, 'pool')
    // Half an event is none: its words are not shown, and so asked for again.
    expect(answer.text).toBe(what === 'is reset within an event' ? 'Hello world' : 'Hello, world')
    expect(answer.stop).toBe(STOPPED[format])
    expect(answer.ids.size).toBe(1)
    expect(await pair.gw.ended(1)).toMatchObject([
      {
        outcome: 'completed',
        provider: 'two',
        attempts: [
          { provider: 'one', reason },
          { provider: 'two', reason: 'ok' },
        ],
        loss: ['answer-continued'],
      },
    ])
  })

  test('reads on where an upstream of another format continues', async () => {
    const other = OTHER[format] ?? format
    pair = await startRescue({ first: format, second: other })
    pair.first.script = cut(spoken(format, head))
    pair.second.script = sse(spoken(other, rest))
    const answer = await askWithSdk(format, pair.gw.url, 'pool')
    expect(answer).toMatchObject({ text: 'Hello, world', stop: STOPPED[format] })
    expect(answer.ids.size).toBe(1)
  })

  test('reads on where the answer was translated from the beginning', async () => {
    const other = OTHER[format] ?? format
    pair = await startRescue({ first: other, second: format })
    pair.first.script = cut(spoken(other, head))
    pair.second.script = sse(spoken(format, rest))
    expect(await askWithSdk(format, pair.gw.url, 'pool')).toMatchObject({
      text: 'Hello, world',
      stop: STOPPED[format],
    })
  })

  test('keeps the calls it has, gets no call twice, and is to run them', async () => {
    pair = await startRescue({ first: format })
    const called = call(0, lookAt('a'))
    pair.first.script = cut(
      spoken(format, [begun, ...called, { ...opened, index: 1 }, { ...hello, index: 1 }]),
    )
    const further = [...call(0, lookAt('a')), ...call(1, lookAt('b'))]
    pair.second.script = sse(spoken(format, [anew, ...further, ...end()]))
    const answer = await askWithSdk(format, pair.gw.url, 'pool')
    expect(answer.calls.map(({ args }) => args)).toEqual([{ path: 'a' }, { path: 'b' }])
    expect(answer).toMatchObject({ text: 'Hello', stop: CALLED[format] })
    const asked = pair.second.seen[0]?.body.toString()
    expect(asked).toContain('Received. The call is not run')
    expect(asked).toContain('Hello')
  })

  test('gets one honest error when the second upstream fails as well', async () => {
    pair = await startRescue({ first: format }, { routing: { rescue: 'continue', retries: { max: 0 } } })
    pair.first.script = cut(spoken(format, head))
    for (const script of [cut(spoken(format, rest.slice(0, -4))), json({ error: { message: 'No.' } }, 500)]) {
      pair.second.script = script
      await expect(askWithSdk(format, pair.gw.url, 'pool')).rejects.toThrow()
    }
    expect(await pair.gw.ended(2)).toMatchObject([
      { outcome: 'failed', reason: 'connection_lost', attempts: [{}, {}] },
      { outcome: 'failed', reason: 'upstream_status_500', attempts: [{}, {}] },
    ])
  })
})

test('what both upstreams used is told and paid for, whatever each of them costs', async () => {
  pair = await startRescue({ first: 'anthropic' })
  pair.first.script = cut(spoken('anthropic', head))
  pair.second.script = sse(spoken('anthropic', rest))
  expect(await askWithSdk('anthropic', pair.gw.url, 'pool')).toMatchObject({ input: 32, output: 8 })
  const { usage: used, costUsd } = (await pair.gw.ended(1))[0] ?? {}
  expect(used).toMatchObject({ inputTokens: 32, outputTokens: 8 })
  expect(costUsd).toBe(12 + 7)
  expect(pair.gw.records).toMatchObject([{ inputTokens: 32, outputTokens: 8, costUsd: 19 }])
})

test('a broken call that told no tokens makes the cost unknown, not less', async () => {
  pair = await startRescue({ first: 'openai-chat' })
  pair.first.script = cut(spoken('openai-chat', [begun, opened, hello]))
  pair.second.script = sse(spoken('openai-chat', rest))
  expect(await askWithSdk('openai-chat', pair.gw.url, 'pool')).toMatchObject({ input: 20, output: 7 })
  expect(await pair.gw.ended(1)).toMatchObject([{ usage: { inputTokens: 20 }, costUsd: null }])
})

test('a thought that was cut is closed, and the answer is asked for as it was at first', async () => {
  pair = await startRescue({ first: 'anthropic' })
  const thinking: ModelEvent = {
    type: 'block_start',
    index: 0,
    block: { type: 'thinking', issuer: 'anthropic' },
  }
  const thought: ModelEvent = { type: 'block_delta', index: 0, delta: { type: 'thinking', text: 'Hm' } }
  pair.first.script = cut(spoken('anthropic', [begun, thinking, thought]))
  pair.second.script = sse(spoken('anthropic', rest))
  const answer = await askWithSdk('anthropic', pair.gw.url, 'pool')
  expect(answer).toMatchObject({ thoughts: 'Hm', text: ' world', stop: 'end_turn' })
  expect(pair.second.seen[0]?.body).toEqual(pair.first.seen[0]?.body)
})

test('the client’s stream has one beginning, one end, and whole events only', async () => {
  pair = await startRescue({ first: 'anthropic' })
  pair.first.script = cut(spoken('anthropic', head).slice(0, -5))
  pair.second.script = sse(spoken('anthropic', rest))
  const text = await (await pair.gw.post('/v1/messages', { ...ASK, stream: true })).text()
  const types = [...text.matchAll(/^event: (.*)$/gm)].map(([, type]) => type)
  expect(types).toEqual([
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ])
  for (const [, data] of text.matchAll(/^data: (.*)$/gm)) expect(() => JSON.parse(data ?? '')).not.toThrow()
  expect(text).not.toContain('second_1')
})

const ASK = { model: 'pool', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }

test('a stream that does not break passes byte for byte, however it is cut', async () => {
  pair = await startRescue({ first: 'anthropic' })
  const whole = `: hi\r\n\r\n${spoken('anthropic', rest)}`.replaceAll(
    '\n\nevent: ping',
    '\r\n\r\nevent: ping',
  )
  pair.first.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const bytes = [...Buffer.from(whole)]
    const step = (): void => {
      const next = bytes.splice(0, 3)
      if (next.length === 0) response.end()
      else response.write(Buffer.from(next), step)
    }
    step()
  }
  expect(await (await pair.gw.post('/v1/messages', { ...ASK, stream: true })).text()).toBe(whole)
  expect(pair.gw.ends).toMatchObject([
    { outcome: 'completed', usage: { inputTokens: 20, outputTokens: 7 }, loss: [] },
  ])
})
