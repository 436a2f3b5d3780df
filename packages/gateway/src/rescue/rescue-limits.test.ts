import { block as refuse } from '@agentproxy/plugin'
import type { ModelEvent } from '@agentproxy/plugin'
import { LossReport } from '@agentproxy/wire'
import { afterEach, expect, test } from 'vitest'
import { askWithSdk } from '../testing/ask-with-sdk.ts'
import { cut, json, sse } from '../testing/scripted-upstream.ts'
import { block, call, end, formatNamed, spoken, usage } from '../testing/spoken.ts'
import { startRescue } from '../testing/start-rescue.ts'
import type { RescuePair } from '../testing/start-rescue.ts'
import { continueRequest, takesPrefill } from './continuation.ts'
import { EventCutter } from './event-cutter.ts'
import { SentAnswer } from './sent-answer.ts'

let pair: RescuePair
afterEach(() => pair?.close())

const begun: ModelEvent = { type: 'start', id: 'first_1', model: 'm' }
const half = (text = 'Hello'): ModelEvent[] => [
  begun,
  usage(12, 1),
  ...block(0, 'text', text).slice(0, 2),
  { type: 'ping' },
]
const rest = [{ ...begun, id: 'second_1' }, ...block(0, 'text', ' world'), usage(20, 7), ...end()]
const ASK = { model: 'pool', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }], stream: true }

async function readAll(response: Response): Promise<{ text: string; isClean: boolean }> {
  let text = ''
  try {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
    return { text, isClean: true }
  } catch {
    return { text, isClean: false }
  }
}

/** What nobody can go on with ends in one error event, and the second upstream is not asked. */
async function expectError(events: readonly ModelEvent[], over: object = {}): Promise<void> {
  pair.first.script = cut(spoken('anthropic', events))
  pair.second.script = sse(spoken('anthropic', rest))
  const { text, isClean } = await readAll(await pair.gw.post('/v1/messages', { ...ASK, ...over }))
  expect(isClean).toBe(false)
  expect(text.match(/^event: error$/gm)).toHaveLength(1)
  expect(text).not.toContain('message_stop')
  expect(pair.second.seen).toHaveLength(0)
  expect(pair.gw.ends.at(-1)).toMatchObject({ outcome: 'failed', reason: 'connection_lost', attempts: [{}] })
}

test('half a tool call is not continued', async () => {
  pair = await startRescue({ first: 'anthropic' })
  await expectError([begun, ...call(0, { id: 'c', name: 'look', args: { path: 'a' } }).slice(0, 2)])
  expect(pair.gw.logs.join()).toContain('a tool call was cut in its arguments')
})

test('a document of a given form is not continued in its middle', async () => {
  pair = await startRescue({ first: 'anthropic' })
  const format = { type: 'json_schema', schema: { type: 'object', properties: {} } }
  await expectError(half('{"a":'), { output_config: { format } })
})

test('after the one call that was allowed nothing more is asked for', async () => {
  pair = await startRescue({ first: 'anthropic' })
  const one = call(0, { id: 'c', name: 'look', args: {} })
  const tools = [{ name: 'look', input_schema: { type: 'object' } }]
  await expectError([begun, ...one], {
    tools,
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  })
})

test('what the model had ended is not continued', async () => {
  pair = await startRescue({ first: 'openai-chat' })
  pair.first.script = cut(
    spoken('openai-chat', [begun, ...block(0, 'text', 'Hello'), ...end('max_tokens').slice(0, 1)]),
  )
  await expect(askWithSdk('openai-chat', pair.gw.url, 'pool')).rejects.toThrow()
  expect(pair.second.seen).toHaveLength(0)
})

test('without `rescue` a broken stream is an error', async () => {
  pair = await startRescue({ first: 'anthropic' }, { routing: { rescue: 'error' } })
  await expectError(half())
})

test('the same upstream is asked again after a pause where there is no other', async () => {
  pair = await startRescue({ first: 'anthropic' })
  pair.first.script = (response, seen) => {
    const script =
      pair.first.seen.length === 1 ? cut(spoken('anthropic', half())) : sse(spoken('anthropic', rest))
    script(response, seen)
  }
  expect(await askWithSdk('anthropic', pair.gw.url, 'alone')).toMatchObject({
    text: 'Hello world',
    input: 32,
  })
  expect(pair.gw.ends).toMatchObject([{ attempts: [{ reason: 'connection_lost' }, { reason: 'ok' }] }])
  const metrics = await (await fetch(`${pair.gw.url}/metrics`, { headers: AUTHORIZED })).text()
  expect(metrics).toContain('agentproxy_gateway_streams_continued_total{provider="one"} 1')
})

const AUTHORIZED = { authorization: 'Bearer owner-token-0123456789abcdef' }

test('the request for the rest holds what was said, and tells the model to go on', async () => {
  pair = await startRescue({ first: 'openai-chat', second: 'anthropic' })
  pair.first.script = cut(spoken('openai-chat', half('Hello ')))
  pair.second.script = sse(spoken('anthropic', rest))
  await askWithSdk('openai-chat', pair.gw.url, 'pool')
  const { messages } = JSON.parse(pair.second.seen[0]?.body.toString() ?? '') as { messages: unknown[] }
  expect(messages).toMatchObject([
    { role: 'user' },
    { role: 'assistant', content: 'Hello ' },
    { role: 'user', content: expect.stringContaining('Go on with it') },
  ])
})

test('an older Claude goes on with its own message, and white space is not said twice', async () => {
  pair = await startRescue({ first: 'anthropic' })
  pair.first.script = cut(spoken('anthropic', half('Hello ')))
  pair.second.script = sse(spoken('anthropic', rest))
  expect(await askWithSdk('anthropic', pair.gw.url, 'older')).toMatchObject({ text: 'Hello world' })
  const { messages } = JSON.parse(pair.second.seen[0]?.body.toString() ?? '') as { messages: unknown[] }
  expect(messages).toMatchObject([{ role: 'user' }, { role: 'assistant', content: 'Hello' }])
})

test('which models go on with their own message is known by their names', () => {
  const { request } = continueRequest(
    formatNamed('anthropic').readRequest(ASK, new LossReport()),
    new SentAnswer(10),
    { prefill: false },
  )
  const takes = (model: string, over = {}) => takesPrefill('anthropic', model, { ...request, ...over })
  for (const model of [
    'claude-sonnet-4-5',
    'claude-opus-4-1-20250805',
    'claude-3-5-haiku-latest',
    'claude-sonnet-4-20250514',
  ])
    expect(takes(model), model).toBe(true)
  for (const model of [
    'claude-opus-4-6',
    'claude-sonnet-4-6-20260101',
    'claude-opus-5',
    'claude-fable-5',
    'gpt-5.5',
    'claude-opus-4-10',
  ])
    expect(takes(model), model).toBe(false)
  expect(takes('claude-sonnet-4-5', { reasoning: { mode: 'enabled', budgetTokens: 2000 } })).toBe(false)
  expect(takesPrefill('openai-chat', 'claude-sonnet-4-5', request)).toBe(false)
})

test('a request.prepare handler that refuses the second call ends the stream in the error of the first', async () => {
  let calls = 0
  pair = await startRescue(
    { first: 'anthropic' },
    {
      setup(ctx) {
        ctx.hook('request.prepare', () => ((calls += 1) > 1 ? refuse('enough') : undefined))
      },
    },
  )
  await expectError(half())
  expect(pair.gw.ends).toMatchObject([{ usage: { inputTokens: 12, outputTokens: 1 }, costUsd: 12 }])
})

test('the total time ends a pause before a continuation too, inside the stream', async () => {
  pair = await startRescue(
    { first: 'anthropic' },
    { routing: { rescue: 'continue', timeouts: { totalMs: 700 } } },
  )
  pair.first.script = cut(spoken('anthropic', half()))
  pair.second.script = json({ type: 'error', error: { type: 'x', message: 'x' } }, 503, {
    'retry-after': '30',
  })
  const { text, isClean } = await readAll(await pair.gw.post('/v1/messages', ASK))
  expect(isClean).toBe(false)
  expect(text.match(/^event: error$/gm)).toHaveLength(1)
  expect(await pair.gw.ended(1)).toMatchObject([{ outcome: 'failed' }])
})

test('a client that leaves during the continuation lets the second upstream go', async () => {
  pair = await startRescue({ first: 'anthropic' })
  pair.first.script = cut(spoken('anthropic', half()))
  pair.second.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(spoken('anthropic', rest.slice(0, 3)))
  }
  const leaving = new AbortController()
  const response = await pair.gw.post('/v1/messages', ASK, { signal: leaving.signal })
  const reader = response.body?.getReader()
  let text = ''
  while (!text.includes(' world')) text += new TextDecoder().decode((await reader?.read())?.value)
  leaving.abort()
  await pair.second.seen[0]?.closed
  expect(await pair.gw.ended(1)).toMatchObject([{ outcome: 'cancelled', usage: { inputTokens: 12 } }])
})

test('handlers of stream.event hear both, and a stream they hear is continued as well', async () => {
  const heard: string[] = []
  pair = await startRescue(
    { first: 'openai-responses' },
    { setup: (ctx) => void ctx.hook('stream.event', ({ event }) => void heard.push(event.type)) },
  )
  pair.first.script = cut(spoken('openai-responses', half()))
  pair.second.script = sse(spoken('openai-responses', rest))
  expect(await askWithSdk('openai-responses', pair.gw.url, 'pool')).toMatchObject({ text: 'Hello world' })
  expect(heard.filter((type) => type === 'start')).toHaveLength(2)
})

test('events are cut at empty lines of every kind, however the bytes come', () => {
  const whole = ['data: 1\n\n', ': c\r\n\r\n', 'data: 2\r\r', 'event: x\r\ndata: 3\r\n\r\n']
  const bytes = Buffer.from(`${whole.join('')}data: 4`)
  for (let size = 1; size <= bytes.length; size += 1) {
    const cutter = new EventCutter()
    const events: string[] = []
    for (let at = 0; at < bytes.length; at += size)
      events.push(...cutter.push(bytes.subarray(at, at + size)).map(String))
    expect(events).toEqual(whole)
    expect(cutter.takeRest().toString()).toBe('data: 4')
  }
})
