import { readFileSync } from 'node:fs'
import path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anthropic, createUsageTap, foldEvents, LossReport, openaiChat, openaiResponses } from './index.ts'
import type { Format, ModelEvent, ModelTool } from './index.ts'
import { createFreeformDecoder, freeformJson } from './model/freeform-input.ts'

type Json = Record<string, unknown>

const fixtures = path.join(import.meta.dirname, 'fixtures')
const recordedAnswer = JSON.parse(
  readFileSync(path.join(fixtures, 'openai-responses-tools.json'), 'utf8'),
) as Json
const model = 'm'

function translate(
  from: Format,
  to: Format,
  document: Json,
): { body: Json; codes: string[]; pointers: string[] } {
  const loss = new LossReport()
  const body = to.writeRequest(from.readRequest(document, loss), loss)
  return {
    body,
    codes: loss.entries.map(({ code }) => code),
    pointers: loss.entries.map(({ pointer }) => pointer),
  }
}

function readSse(...data: readonly unknown[]): ModelEvent[] {
  const text = data.map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('')
  const reader = openaiResponses.createStreamReader()
  return [...reader.push(Buffer.from(text)), ...reader.end()]
}

function streamOf(events: readonly ModelEvent[], tools?: readonly ModelTool[]): Json[] {
  const writer = openaiResponses.createStreamWriter(new LossReport(), { tools })
  const text = events.map((event) => writer.write(event)).join('')
  return [...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] ?? '') as Json)
}

const told = (events: readonly ModelEvent[]): unknown[] =>
  foldEvents(events).blocks.map(({ block, text, json }) => (block.type === 'tool_call' ? json : text))
const add = (item: Json): Json => ({ type: 'response.output_item.added', output_index: 0, item })
const done = (item: Json): Json => ({ type: 'response.output_item.done', output_index: 0, item })
const ask = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'go' }] }
const namespaced = {
  type: 'namespace',
  name: 'mcp__fs',
  description: 'Files.',
  tools: [{ type: 'function', name: 'read', parameters: { type: 'object' } }],
}
const patch = {
  type: 'custom',
  name: 'apply_patch',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
}
const turn = [
  ask,
  { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA+/==' },
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'Reading.', annotations: [] }],
  },
  {
    type: 'function_call',
    id: 'fc_1',
    call_id: 'a',
    name: 'read',
    namespace: 'mcp__fs',
    arguments: '{"p":1}',
  },
  { type: 'custom_tool_call', id: 'ctc_1', call_id: 'b', name: 'apply_patch', input: 'x' },
  { type: 'function_call_output', call_id: 'a', output: [{ type: 'input_text', text: 'A' }] },
  { type: 'custom_tool_call_output', call_id: 'b', output: 'B' },
]

describe('a Responses request', () => {
  it('is the same read again when it was written in its short forms', () => {
    const short = {
      model,
      input: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'yes' },
      ],
    }
    const again = translate(openaiResponses, openaiResponses, short).body
    expect(again['input']).toEqual([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'yes', annotations: [] }],
      },
    ])
    expect(translate(openaiResponses, openaiResponses, again).body).toEqual(again)
    expect(translate(openaiResponses, openaiResponses, { model, input: 'hi' }).body['input']).toEqual([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
    ])
  })

  it('becomes one chat message per turn, calls together and results after them', () => {
    const { body, codes, pointers } = translate(openaiResponses, openaiChat, {
      model,
      input: turn,
      tools: [namespaced, patch, { type: 'web_search' }],
    })
    expect(body['messages']).toEqual([
      { role: 'user', content: 'go' },
      {
        role: 'assistant',
        content: 'Reading.',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'mcp__fs__read', arguments: '{"p":1}' } },
          { id: 'b', type: 'custom', custom: { name: 'apply_patch', input: 'x' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: 'A' },
      { role: 'tool', tool_call_id: 'b', content: 'B' },
    ])
    expect(body['tools']).toEqual([
      { type: 'function', function: { name: 'mcp__fs__read', parameters: { type: 'object' } } },
      {
        type: 'custom',
        custom: {
          name: 'apply_patch',
          format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } },
        },
      },
    ])
    expect(codes.toSorted()).toEqual([
      'thinking-unsupported',
      'tool-namespace-in-name',
      'tool-unsupported',
      'tool-unsupported',
    ])
    expect(pointers.toSorted()).toEqual(['/input/1', '/input/3', '/tools/0', '/tools/2'])
    expect(JSON.stringify(body)).not.toContain('gAAA')
  })

  it('reaches Messages with its calls and results in one turn each', () => {
    const { body } = translate(openaiResponses, anthropic, {
      model,
      instructions: 'sys',
      input: turn,
      tools: [patch],
    })
    expect(body['system']).toBe('sys')
    expect(body['messages']).toEqual([
      { role: 'user', content: 'go' },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Reading.' },
          { type: 'tool_use', id: 'a', name: 'mcp__fs__read', input: { p: 1 } },
          { type: 'tool_use', id: 'b', name: 'apply_patch', input: { input: 'x' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'A' },
          { type: 'tool_result', tool_use_id: 'b', content: 'B' },
        ],
      },
    ])
  })

  it('asks for no thinking when it only says how to sum it up', () => {
    const { body, pointers } = translate(openaiResponses, anthropic, {
      model,
      input: 'hi',
      reasoning: { summary: 'auto' },
    })
    expect(body['thinking']).toBeUndefined()
    expect(pointers).toContain('/reasoning')
  })

  it.each([
    [{ model, input: [{ role: 'robot', content: 'x' }] }, '/input/0/role', 'WRONG_TYPE'],
    [{ model, input: [{ type: 'function_call', name: 'f' }] }, '/input/0/call_id', 'MISSING_FIELD'],
    [
      { model, input: [{ role: 'user', content: [{ type: 'input_text' }] }] },
      '/input/0/content/0/text',
      'MISSING_FIELD',
    ],
    [{ model }, '/input', 'MISSING_FIELD'],
  ])('that is none is refused with a pointer to the fault', (document, pointer, code) => {
    expect(() => openaiResponses.readRequest(document, new LossReport())).toThrow(
      expect.objectContaining({ pointer, code }) as Error,
    )
  })
})

describe('a request of another format as a Responses request', () => {
  const messages = [{ role: 'user', content: 'hi' }]

  it.each([
    [{ max_tokens: 1 }, { max_output_tokens: 16 }, ['max-tokens-raised']],
    [
      { max_tokens: 99, stop_sequences: ['a'], top_k: 3 },
      {},
      ['top-k-unsupported', 'stop-sequences-unsupported'],
    ],
    [
      { max_tokens: 99, thinking: { type: 'enabled', budget_tokens: 9000 } },
      {
        reasoning: { effort: 'medium', summary: 'auto' },
        include: ['reasoning.encrypted_content'],
        store: false,
      },
      ['reasoning-budget-as-effort'],
    ],
    [
      {
        max_tokens: 99,
        tools: [{ name: 'f', input_schema: { type: 'object' } }],
        tool_choice: { type: 'tool', name: 'f' },
      },
      {
        tools: [{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: false }],
        tool_choice: { type: 'function', name: 'f' },
      },
      [],
    ],
    [{ max_tokens: 99, system: 'sys' }, { instructions: 'sys', store: false }, []],
  ])('says %j as %j', (fields, wanted, reported) => {
    const { body, codes } = translate(anthropic, openaiResponses, { model, messages, ...fields })
    expect(body).toMatchObject(wanted)
    expect(codes).toEqual(reported)
  })

  it('keeps freeform calls and their results, and the order of what was said between results', () => {
    const { body } = translate(openaiChat, openaiResponses, {
      model,
      messages: [
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'p', input: 'x' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'ok' },
      ],
    })
    expect(body['input']).toEqual([
      { type: 'custom_tool_call', call_id: 'a', name: 'p', input: 'x' },
      { type: 'custom_tool_call_output', call_id: 'a', output: 'ok' },
    ])
  })
})

describe('thinking', () => {
  it('of OpenAI passes through a Messages client, back to OpenAI byte for byte, and never to Anthropic', () => {
    const answer = anthropic.writeResponse(openaiResponses.readResponse(recordedAnswer), new LossReport())
    const document = { model, max_tokens: 99, messages: [{ role: 'assistant', content: answer['content'] }] }
    const back = translate(anthropic, openaiResponses, document).body['input'] as Json[]
    expect(back[0]).toEqual({
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: '**Weigh** the forecast — naïve' }],
      encrypted_content: 'gAAAAAB/+==',
    })
    const native = translate(anthropic, anthropic, document)
    expect(JSON.stringify(native.body)).not.toContain('gAAAAAB')
    expect(native.codes).toContain('thinking-foreign')
  })

  it('of Anthropic passes through a Responses client, back to Anthropic byte for byte, and never to OpenAI', () => {
    const events = anthropic.readResponse({
      id: 'msg_x',
      model: 'c',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'Sig+/=' },
        { type: 'redacted_thinking', data: 'hidden' },
        { type: 'text', text: 'yes' },
      ],
      stop_reason: 'end_turn',
    })
    const { output } = openaiResponses.writeResponse(events, new LossReport())
    const document = { model, input: output }
    expect(translate(openaiResponses, anthropic, document).body['messages']).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'Sig+/=' },
          { type: 'redacted_thinking', data: 'hidden' },
          { type: 'text', text: 'yes' },
        ],
      },
    ])
    const native = translate(openaiResponses, openaiResponses, document)
    expect(JSON.stringify(native.body)).not.toContain('Sig+')
    expect(native.codes).toEqual(['thinking-foreign', 'thinking-foreign'])
  })
})

describe('a Responses answer', () => {
  it('is written again as it came, items, ids and all', () => {
    const events = openaiResponses.readResponse(recordedAnswer)
    expect(openaiResponses.writeResponse(events, new LossReport(), { created: 1 })).toMatchObject(
      recordedAnswer,
    )
  })

  it('names tools of another upstream as the client does: in their namespace, and as plain text', () => {
    const { tools } = openaiResponses.readRequest(
      { model, input: 'hi', tools: [namespaced, patch] },
      new LossReport(),
    )
    const events = anthropic.readResponse({
      id: 'msg_x',
      model: 'c',
      content: [
        { type: 'tool_use', id: 'a', name: 'mcp__fs__read', input: { p: 1 } },
        { type: 'tool_use', id: 'b', name: 'apply_patch', input: { input: 'line\n"é"\\' } },
        { type: 'tool_use', id: 'c', name: 'plain__name', input: {} },
      ],
      stop_reason: 'tool_use',
    })
    const items = streamOf(events, tools).filter(({ type }) => type === 'response.output_item.done')
    expect(items.map(({ item }) => item)).toMatchObject([
      { type: 'function_call', call_id: 'a', name: 'read', namespace: 'mcp__fs', arguments: '{"p":1}' },
      { type: 'custom_tool_call', call_id: 'b', name: 'apply_patch', input: 'line\n"é"\\' },
      { type: 'function_call', call_id: 'c', name: 'plain__name', arguments: '{}' },
    ])
  })

  it('cut off by a limit is incomplete, and so is the item it was cut in', () => {
    const events = anthropic.readResponse({
      id: 'msg_x',
      content: [{ type: 'text', text: 'It will ra' }],
      stop_reason: 'max_tokens',
    })
    expect(streamOf(events).at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output: [{ type: 'message', status: 'incomplete' }],
      },
    })
  })

  it.each([
    [
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' }, output: [] },
      'content_filter',
    ],
    [{ status: 'incomplete', output: [] }, 'max_tokens'],
    [
      { status: 'completed', output: [{ type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }] },
      'tool_use',
    ],
    [
      { output: [{ type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] }] },
      'refusal',
    ],
  ])('%j ends for the reason %s', (body, reason) => {
    expect(foldEvents(openaiResponses.readResponse(body)).reason).toBe(reason)
  })

  it.each([
    [
      { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow down.' } },
      { type: 'rate_limit', message: 'Slow down.' },
    ],
    [{ status: 'in_progress', output: [] }, { type: 'upstream' }],
    ['<html>', { type: 'upstream' }],
  ])('%j is an error', (body, error) => {
    expect(openaiResponses.readResponse(body).at(-1)).toMatchObject({ type: 'error', error })
  })
})

describe('Responses streams', () => {
  const created = { type: 'response.created', response: { id: 'r', model: 'm' } }
  const message = {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'hi' }],
  }
  const call = { type: 'function_call', id: 'fc_1', call_id: 'a', name: 'f', arguments: '{"x":1}' }

  it('may say everything in their last event alone', () => {
    const end = { type: 'response.completed', response: { id: 'r', output: [message, call] } }
    expect(told(readSse(created, end))).toEqual(['hi', '{"x":1}'])
  })

  it('may mix two items, leave out deltas, and number every item 0', () => {
    const end = { type: 'response.completed', response: { id: 'r', output: [message, call] } }
    const started = add({ ...message, content: [] })
    expect(told(readSse(created, started, done(message), done(call), end))).toEqual(['hi', '{"x":1}'])
    expect(told(readSse(created, started, add(call), done(call), done(message), end))).toEqual([
      'hi',
      '{"x":1}',
    ])
  })

  it.each([
    [
      { type: 'error', code: 'server_is_overloaded', message: 'Busy' },
      { type: 'overloaded', status: 529, message: 'Busy' },
    ],
    [
      { type: 'error', error: { code: 'rate_limit_exceeded', message: 'Wait' } },
      { type: 'rate_limit', message: 'Wait' },
    ],
    [
      { type: 'response.failed', response: { error: { code: 'invalid_prompt', message: 'Bad' } } },
      { type: 'invalid_request', status: 400, message: 'Bad' },
    ],
    [{ type: 'response.failed', response: {} }, { type: 'upstream' }],
    ['{nonsense', { type: 'upstream' }],
    [': nothing', { type: 'upstream' }],
  ])('end in one error after %j, and a tap says the same', (data, error) => {
    const events = readSse(created, data, { type: 'response.completed', response: {} })
    expect(events.at(-1)).toMatchObject({ type: 'error', error })
    expect(events.filter(({ type }) => type === 'error' || type === 'end')).toHaveLength(1)
    if (typeof data === 'string') return
    const tap = createUsageTap('openai-responses')
    tap.push(Buffer.from(`data: ${JSON.stringify(created)}\n\ndata: ${JSON.stringify(data)}\n\n`))
    expect(tap.end()).toMatchObject({ terminal: 'error', error })
  })

  it('are truncated where they stop, also after [DONE]', () => {
    expect(readSse(created, '[DONE]').at(-1)).toMatchObject({ type: 'error', error: { type: 'truncated' } })
  })

  it('that fail before they begin still begin', () => {
    const error = {
      type: 'rate_limit',
      message: 'Wait',
      status: 429,
      vendorType: null,
      retryAfterMs: null,
      requestId: null,
    } as const
    expect(streamOf([{ type: 'error', error }]).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.failed',
    ])
  })
})

it('plain text for a tool streams through JSON, however either is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.nat(9)), (texts, cuts) => {
      const json = freeformJson.head + texts.map(freeformJson.piece).join('') + freeformJson.tail
      expect(JSON.parse(json)).toEqual({ input: texts.join('') })
      const decoder = createFreeformDecoder()
      let decoded = ''
      let at = 0
      for (const size of [...cuts, json.length]) {
        decoded += decoder.push(json.slice(at, at + size))
        at += size
      }
      expect(decoded + decoder.end()).toBe(texts.join(''))
    }),
  )
  const other = createFreeformDecoder()
  expect(other.push('{"patch"') + other.push(':"x"}') + other.end()).toBe('{"patch":"x"}')
  const spaced = createFreeformDecoder()
  expect(spaced.push('{ "in') + spaced.push('put" : "x') + spaced.push('"}') + spaced.end()).toBe('x')
})
