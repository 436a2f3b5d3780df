import { describe, expect, it } from 'vitest'
import { anthropic, foldEvents, LossReport, openaiChat, openaiResponses } from './index.ts'
import type { Format, ModelEvent } from './index.ts'

function readSse(format: Format, ...data: readonly unknown[]): ModelEvent[] {
  const text = data.map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('')
  const reader = format.createStreamReader()
  return [...reader.push(Buffer.from(text)), ...reader.end()]
}

const chunk = (delta: object, finish: string | null = null): object => ({
  id: 'x.1',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const callPart = (
  index: number | undefined,
  id: string | undefined,
  name: string | undefined,
  args: string,
): object => chunk({ tool_calls: [{ index, id, function: { name, arguments: args } }] })
const calls = (events: readonly ModelEvent[]): unknown[] =>
  foldEvents(events).blocks.map(({ block, json, text }) =>
    block.type === 'tool_call' ? [block.id, json] : text,
  )

describe('chat streams of compatible servers', () => {
  it('may leave out ids and the role, send arguments whole, and end without [DONE]', () => {
    const events = readSse(
      openaiChat,
      callPart(0, undefined, 'f', '{"a":1}'),
      callPart(1, undefined, 'g', '{}'),
      chunk({}, 'stop'),
    )
    expect(calls(events)).toEqual([
      ['call_x1_0', '{"a":1}'],
      ['call_x1_1', '{}'],
    ])
    expect(foldEvents(events).reason).toBe('tool_use')
  })

  it('may mix the arguments of parallel calls', () => {
    const events = readSse(
      openaiChat,
      callPart(0, 'a', 'f', ''),
      callPart(1, 'b', 'g', ''),
      callPart(0, undefined, undefined, '{"x"'),
      callPart(1, undefined, undefined, '{"y":'),
      callPart(0, undefined, undefined, ':1}'),
      callPart(1, undefined, undefined, '2}'),
      chunk({ content: 'and text' }),
      chunk({}, 'tool_calls'),
      '[DONE]',
    )
    expect(calls(events)).toEqual([['a', '{"x":1}'], ['b', '{"y":2}'], 'and text'])
  })

  it('may give every parallel call the same index', () => {
    const events = readSse(
      openaiChat,
      callPart(0, 'a', 'f', '{}'),
      callPart(0, 'b', 'f', '{}'),
      chunk({}, 'tool_calls'),
    )
    expect(calls(events)).toEqual([
      ['a', '{}'],
      ['b', '{}'],
    ])
  })

  it('stream arguments of a single call as they come', () => {
    const reader = openaiChat.createStreamReader()
    reader.push(Buffer.from(`data: ${JSON.stringify(callPart(0, 'a', 'f', '{"x'))}\n\n`))
    const events = reader.push(
      Buffer.from(`data: ${JSON.stringify(callPart(0, undefined, undefined, '":1}'))}\n\n`),
    )
    expect(events).toEqual([{ type: 'block_delta', index: 0, delta: { type: 'arguments', json: '":1}' } }])
  })

  it.each([
    [
      'an error object',
      [chunk({ content: 'a' }), { error: { message: 'Busy', code: 429 } }, '[DONE]'],
      { type: 'rate_limit', status: 429, message: 'Busy' },
    ],
    ['an error as a finish reason', [chunk({ content: 'a' }, 'error'), '[DONE]'], { type: 'upstream' }],
    ['no finish reason', [chunk({ content: 'a' })], { type: 'truncated' }],
    ['nothing but [DONE]', ['[DONE]'], { type: 'truncated' }],
    ['nonsense', [chunk({ content: 'a' }), '{nonsense', '[DONE]'], { type: 'upstream' }],
    [
      'arguments for a finished call',
      [callPart(0, 'a', 'f', '{}'), callPart(1, 'b', 'f', '{}'), callPart(0, undefined, undefined, '{}')],
      { type: 'upstream' },
    ],
  ])('end in one error after %s', (_name, data, error) => {
    const events = readSse(openaiChat, ...data)
    expect(events.at(-1)).toMatchObject({ type: 'error', error })
    expect(events.filter(({ type }) => type === 'error' || type === 'end')).toHaveLength(1)
  })

  it('say what rides along once, and in the same format it is written again', () => {
    const extra = { id: 'x', model: 'm', system_fingerprint: 'fp' }
    const events = readSse(
      openaiChat,
      { ...extra, choices: [{ index: 0, delta: { content: 'a' }, logprobs: { content: [1] } }] },
      {
        ...extra,
        choices: [{ index: 0, delta: { content: 'b' }, logprobs: { content: [2] }, finish_reason: 'stop' }],
      },
    )
    const answer = openaiChat.writeResponse(events, new LossReport())
    expect(answer).toMatchObject({
      system_fingerprint: 'fp',
      choices: [{ message: { content: 'ab' }, logprobs: { content: [1, 2] } }],
    })
    const loss = new LossReport()
    anthropic.writeResponse(events, loss)
    expect(loss.entries.map(({ code }) => code)).toEqual(['event-unsupported'])
  })
})

describe('Messages streams', () => {
  const start = {
    type: 'message_start',
    message: { id: 'm', model: 'c', usage: { input_tokens: 5, cache_read_input_tokens: 10 } },
  }
  const delta = {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn' },
    usage: { input_tokens: 3, cache_read_input_tokens: 12, output_tokens: 7 },
  }

  it('count the later usage, and all input, cached or not', () => {
    const { usage } = foldEvents(readSse(anthropic, start, delta, { type: 'message_stop' }))
    expect(usage).toMatchObject({ inputTokens: 15, cacheReadTokens: 12, outputTokens: 7 })
    expect(
      openaiChat.writeResponse(readSse(anthropic, start, delta, { type: 'message_stop' }), new LossReport())[
        'usage'
      ],
    ).toEqual({
      prompt_tokens: 15,
      completion_tokens: 7,
      total_tokens: 22,
      prompt_tokens_details: { cached_tokens: 12 },
    })
  })

  it('are truncated without message_stop, even after the stop reason', () => {
    expect(readSse(anthropic, start, delta).at(-1)).toMatchObject({
      type: 'error',
      error: { type: 'truncated' },
    })
  })

  it('let unknown events, blocks and deltas pass, and survive them', () => {
    const value = { type: 'from_the_future', x: 1 }
    const block = { type: 'content_block_start', index: 0, content_block: { type: 'hologram', y: 2 } }
    const events = readSse(anthropic, start, value, block, { type: 'content_block_stop', index: 0 }, delta, {
      type: 'message_stop',
    })
    expect(events).toContainEqual({ type: 'opaque', format: 'anthropic', value })
    const writer = anthropic.createStreamWriter(new LossReport())
    const text = events.map((event) => writer.write(event)).join('')
    expect(text).toContain('event: from_the_future\n')
    expect(text).toContain('{"type":"hologram","y":2}')
  })

  it('take a tool input given whole at its start, unless deltas say it again', () => {
    const tool = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
    }
    const again = {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'input_json_delta', partial_json: '{"a":2}' },
    }
    const stop = { type: 'content_block_stop', index: 0 }
    expect(calls(readSse(anthropic, start, tool, stop, delta, { type: 'message_stop' }))).toEqual([
      ['t', '{"a":1}'],
    ])
    expect(calls(readSse(anthropic, start, tool, again, stop, delta, { type: 'message_stop' }))).toEqual([
      ['t', '{"a":2}'],
    ])
  })

  it('end in the error they carry', () => {
    const events = readSse(
      anthropic,
      start,
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      { type: 'message_stop' },
    )
    expect(events.at(-1)).toMatchObject({
      type: 'error',
      error: { type: 'overloaded', status: 529, message: 'Overloaded' },
    })
  })
})

describe('stop reasons', () => {
  it.each([
    ['end_turn', 'stop'],
    ['max_tokens', 'length'],
    ['tool_use', 'tool_calls'],
    ['stop_sequence', 'stop'],
    ['refusal', 'content_filter'],
    ['pause_turn', 'stop'],
    ['model_context_window_exceeded', 'length'],
    ['some_future_reason', 'stop'],
  ])('%s becomes %s', (reason, finish) => {
    const events = anthropic.readResponse({
      id: 'a',
      model: 'm',
      content: [{ type: 'text', text: 'x' }],
      stop_reason: reason,
    })
    expect(openaiChat.writeResponse(events, new LossReport())).toMatchObject({
      choices: [{ finish_reason: finish }],
    })
    expect(anthropic.writeResponse(events, new LossReport())['stop_reason']).toBe(reason)
  })

  it.each([
    ['stop', {}, 'end_turn'],
    ['stop', { refusal: 'no' }, 'refusal'],
    ['length', {}, 'max_tokens'],
    ['content_filter', {}, 'refusal'],
    ['stop', { tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] }, 'tool_use'],
  ])('%s with %j becomes %s', (finish, message, reason) => {
    const events = openaiChat.readResponse({ choices: [{ message, finish_reason: finish }] })
    expect(anthropic.writeResponse(events, new LossReport())['stop_reason']).toBe(reason)
  })
})

describe('writers', () => {
  it.each([anthropic, openaiChat, openaiResponses])(
    'of $name throw on events in illegal order and write nothing after the end',
    (format) => {
      const writer = format.createStreamWriter(new LossReport())
      writer.write({ type: 'start', id: 'a', model: 'm' })
      expect(() => writer.write({ type: 'block_stop', index: 0 })).toThrow(TypeError)
      writer.write({ type: 'finish', reason: 'end_turn', stopSequence: null })
      writer.write({ type: 'end' })
      expect(writer.keepAlive()).toBe('')
      expect(() => writer.write({ type: 'ping' })).toThrow(TypeError)
    },
  )

  it('of openai-chat leave the usage chunk out when the client did not ask, and restore the asked model', () => {
    const events = openaiChat.readResponse({
      id: 'a',
      model: 'up',
      choices: [{ message: { content: 'x' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1 },
    })
    const writer = openaiChat.createStreamWriter(new LossReport(), {
      model: 'alias',
      includeUsage: false,
      created: 1,
    })
    const text = events.map((event) => writer.write(event)).join('')
    expect(text).not.toContain('usage')
    expect(text).toContain('"model":"alias"')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it.each([anthropic, openaiChat, openaiResponses])(
    'of $name refuse to fold an answer that failed',
    (format) => {
      expect(() => format.writeResponse(format.readResponse('<html>'), new LossReport())).toThrow(TypeError)
    },
  )
})
