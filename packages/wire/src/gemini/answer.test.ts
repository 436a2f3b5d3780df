import { describe, expect, it } from 'vitest'
import { anthropic, createUsageTap, foldEvents, gemini, LossReport, openaiChat, readUsage } from '../index.ts'
import type { ModelEvent } from '../index.ts'

type Json = Record<string, unknown>

function readSse(...data: readonly unknown[]): ModelEvent[] {
  const text = data.map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('')
  const reader = gemini.createStreamReader()
  return [...reader.push(Buffer.from(text)), ...reader.end()]
}

function write(events: readonly ModelEvent[], loss = new LossReport()): Json[] {
  const writer = gemini.createStreamWriter(loss, { model: 'alias' })
  const text = events.map((event) => writer.write(event)).join('')
  return text
    .split('\n\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line.replace(/^data: /, '')) as Json)
}

const chunk = (parts: readonly object[], finishReason?: string, more: object = {}): Json => ({
  candidates: [{ content: { role: 'model', parts }, finishReason, index: 0, ...more }],
  modelVersion: 'gemini-3.1-pro',
  responseId: 'r1',
})
const answered = (finishReason: string, ...parts: readonly object[]): Json => chunk(parts, finishReason)

const idsOf = (events: readonly ModelEvent[]): string[] =>
  foldEvents(events).blocks.flatMap(({ block }) => (block.type === 'tool_call' ? [block.id] : []))

const streamed = (...pieces: readonly string[]): ModelEvent[] => [
  { type: 'start', id: 'x', model: 'up' },
  { type: 'block_start', index: 0, block: { type: 'tool_call', id: 'c1', name: 'f' } },
  ...pieces.map((json): ModelEvent => ({
    type: 'block_delta',
    index: 0,
    delta: { type: 'arguments', json },
  })),
  { type: 'block_stop', index: 0 },
  { type: 'finish', reason: 'tool_use', stopSequence: null },
  { type: 'end' },
]

describe('a Gemini stream', () => {
  it('may go on after a finish reason, and then needs another', () => {
    const first = chunk([{ executableCode: { code: '1' } }], 'STOP')
    expect(readSse(first, chunk([{ text: 'cut' }])).at(-1)).toMatchObject({
      type: 'error',
      error: { type: 'truncated' },
    })
    const whole = foldEvents(readSse(first, chunk([{ text: 'more' }]), chunk([], 'MAX_TOKENS')))
    expect(whole).toMatchObject({ reason: 'max_tokens', blocks: [{}, { text: 'more' }] })
    const tap = createUsageTap('gemini')
    for (const one of [first, chunk([{ text: 'cut' }])])
      tap.push(Buffer.from(`data: ${JSON.stringify(one)}\n\n`))
    expect(tap.end()).toMatchObject({ terminal: 'missing', error: { type: 'truncated' } })
  })

  it('ends where its bytes end, whether or not some proxy appends an end mark', () => {
    const events = readSse(chunk([{ text: 'hi' }], 'STOP'), '[DONE]')
    expect(events.slice(-2)).toEqual([
      { type: 'finish', reason: 'end_turn', stopSequence: null },
      { type: 'end' },
    ])
  })

  it.each<[string, unknown[], Json]>([
    ['nothing', [], { type: 'truncated' }],
    ['no finish reason', [chunk([{ text: 'a' }])], { type: 'truncated' }],
    ['nonsense', [chunk([{ text: 'a' }]), '{nonsense', chunk([], 'STOP')], { type: 'upstream' }],
    [
      'an error',
      [chunk([{ text: 'a' }]), { error: { code: 503, message: 'Busy', status: 'UNAVAILABLE' } }],
      { type: 'overloaded', status: 503, message: 'Busy', vendorType: 'UNAVAILABLE' },
    ],
    [
      'a call that could not be read',
      [chunk([], 'MALFORMED_FUNCTION_CALL', { finishMessage: 'Malformed call: f(' })],
      { type: 'upstream', message: 'Malformed call: f(' },
    ],
  ])('with %s ends in one error', (_name, data, error) => {
    const events = readSse(...data)
    expect(events.at(-1)).toMatchObject({ type: 'error', error })
    expect(events.filter(({ type }) => type === 'error' || type === 'end')).toHaveLength(1)
  })

  it('gives calls without ids the same ones however it is read, and other ones in another answer', () => {
    const parts = [{ functionCall: { name: 'f' } }, { functionCall: { name: 'f', args: {} } }]
    const ids = idsOf(readSse(chunk(parts, 'STOP')))
    expect(new Set(ids).size).toBe(2)
    expect(idsOf(gemini.readResponse(answered('STOP', ...parts)))).toEqual(ids)
    const next = idsOf(gemini.readResponse({ ...answered('STOP', ...parts), responseId: 'r2' }))
    expect(next.filter((id) => ids.includes(id))).toEqual([])
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,40}$/)
  })

  it('keeps a late signature apart from the part that happens to follow', () => {
    const late = { text: '', thoughtSignature: 'CgLate==' }
    const parts = [
      { text: 'a' },
      late,
      { text: 'b' },
      { text: 'c', thoughtSignature: 'CgOn==' },
      { text: 'd' },
    ]
    const events = gemini.readResponse(answered('STOP', ...parts))
    expect(gemini.writeResponse(events, new LossReport())['candidates']).toEqual(
      answered('STOP', ...parts)['candidates'],
    )
    expect(readSse(...write(events)).filter(({ type }) => type !== 'start')).toEqual(events.slice(1))
  })

  it('without alt=sse is a JSON array, which reads as an answer', () => {
    const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 2 }
    const body = [chunk([{ text: 'a' }]), { ...chunk([{ text: 'b' }], 'STOP'), usageMetadata }]
    expect(foldEvents(gemini.readResponse(body)).blocks).toMatchObject([{ text: 'ab' }])
    expect(readUsage('gemini', body)).toMatchObject({ inputTokens: 1, outputTokens: 2 })
  })
})

describe('usage', () => {
  it('counts cached tokens within the input and thoughts within the output, both ways', () => {
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 80,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 5,
      toolUsePromptTokenCount: 3,
      totalTokenCount: 115,
    }
    const body = { ...answered('STOP', { text: 'x' }), usageMetadata }
    expect(readUsage('gemini', body)).toEqual({
      inputTokens: 103,
      outputTokens: 12,
      cacheReadTokens: 80,
      cacheWriteTokens: null,
      reasoningTokens: 5,
    })
    expect(gemini.writeResponse(gemini.readResponse(body), new LossReport())).toEqual(body)
    expect(anthropic.writeResponse(gemini.readResponse(body), new LossReport())['usage']).toMatchObject({
      input_tokens: 23,
      cache_read_input_tokens: 80,
      output_tokens: 12,
    })
  })
})

describe('finish reasons', () => {
  const call = { functionCall: { id: 'a', name: 'f', args: {} } }
  it.each<[string, object, string, string]>([
    ['STOP', { text: 'x' }, 'end_turn', 'stop'],
    ['STOP', call, 'tool_use', 'tool_calls'],
    ['MAX_TOKENS', { text: 'x' }, 'max_tokens', 'length'],
    ['SAFETY', { text: 'x' }, 'refusal', 'content_filter'],
    ['RECITATION', { text: 'x' }, 'refusal', 'content_filter'],
    ['SPII', { text: 'x' }, 'refusal', 'content_filter'],
    ['OTHER', { text: 'x' }, 'end_turn', 'stop'],
    ['SOME_FUTURE_REASON', { text: 'x' }, 'end_turn', 'stop'],
  ])('%s after %j becomes %s and %s, and itself again', (finishReason, part, stop, finish) => {
    const events = gemini.readResponse(answered(finishReason, part))
    expect(anthropic.writeResponse(events, new LossReport())['stop_reason']).toBe(stop)
    expect(openaiChat.writeResponse(events, new LossReport())).toMatchObject({
      choices: [{ finish_reason: finish }],
    })
    expect(gemini.writeResponse(events, new LossReport())).toEqual(answered(finishReason, part))
  })

  it('a blocked prompt has no candidate, ends in a refusal, and is itself again', () => {
    const body = {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 12, totalTokenCount: 12 },
      modelVersion: 'g',
      responseId: 'r',
    }
    const events = gemini.readResponse(body)
    expect(anthropic.writeResponse(events, new LossReport())).toMatchObject({
      content: [],
      stop_reason: 'refusal',
    })
    expect(gemini.writeResponse(events, new LossReport())).toEqual(body)
    expect(readSse(...write(events)).at(-1)).toEqual({ type: 'end' })
  })
})

describe('a Gemini writer', () => {
  it('holds the arguments of a call back until they are whole, and says so once', () => {
    const loss = new LossReport()
    const [call, last, ...others] = write(streamed('{"a":', '1}'), loss)
    expect(others).toEqual([])
    expect(call).toEqual({
      candidates: [
        {
          content: { role: 'model', parts: [{ functionCall: { id: 'c1', name: 'f', args: { a: 1 } } }] },
          index: 0,
        },
      ],
      modelVersion: 'alias',
      responseId: 'x',
    })
    expect(last).toMatchObject({ candidates: [{ finishReason: 'STOP' }] })
    expect(loss.entries.map(({ code }) => code)).toEqual(['tool-arguments-collected'])
  })

  it.each([
    [[], {}],
    [['{"cut'], { raw_arguments: '{"cut' }],
  ])('writes the arguments %j as %j', (pieces, args) => {
    expect(write(streamed(...pieces))[0]).toMatchObject({
      candidates: [{ content: { parts: [{ functionCall: { args } }] } }],
    })
  })

  it('throws on events in illegal order, refuses to fold a failure, and writes nothing after the end', () => {
    const writer = gemini.createStreamWriter(new LossReport())
    writer.write({ type: 'start', id: 'a', model: 'm' })
    expect(() => writer.write({ type: 'block_stop', index: 0 })).toThrow(TypeError)
    writer.write({ type: 'finish', reason: 'end_turn', stopSequence: null })
    writer.write({ type: 'end' })
    expect(writer.keepAlive()).toBe('')
    expect(() => writer.write({ type: 'ping' })).toThrow(TypeError)
    const failed = gemini.readResponse('<html>')
    expect(() => gemini.writeResponse(failed, new LossReport())).toThrow(TypeError)
  })

  it('keeps a connection alive with chunks that say nothing, which change no answer', () => {
    const events = gemini.readResponse(answered('STOP', { text: 'a' }))
    const writer = gemini.createStreamWriter(new LossReport())
    const text = events.map((event) => writer.keepAlive() + writer.write(event)).join('')
    expect(text.split('\n\n').every((line) => line === '' || line.startsWith('data: {'))).toBe(true)
    const reader = gemini.createStreamReader()
    const read = [...reader.push(Buffer.from(text)), ...reader.end()]
    expect(read.filter(({ type }) => type !== 'ping')).toEqual(events)
  })

  it('says an error so that it is read as one, by this package and by who only looks at what is left over', () => {
    const writer = gemini.createStreamWriter(new LossReport())
    const error = {
      type: 'rate_limit',
      message: 'Slow down.',
      status: 429,
      vendorType: 'RESOURCE_EXHAUSTED',
      retryAfterMs: 1500,
      requestId: 'req',
    } as const
    const text = writer.write({ type: 'start', id: 'a', model: 'm' }) + writer.write({ type: 'error', error })
    const reader = gemini.createStreamReader()
    expect([...reader.push(Buffer.from(text)), ...reader.end()]).toEqual([{ type: 'error', error }])
    expect(JSON.parse(text.split('\n\n').at(-1) ?? '')).toEqual(gemini.writeError(error))
  })

  it('reports what other vendors said and Gemini cannot', () => {
    const loss = new LossReport()
    const content = [
      { type: 'redacted_thinking', data: 'x' },
      { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      { type: 'text', text: 'ok', citations: [{ type: 'char_location' }] },
    ]
    const events = anthropic.readResponse({ content, stop_reason: 'stop_sequence', stop_sequence: 'END' })
    gemini.writeResponse(events, loss)
    expect(loss.entries.map(({ code }) => code)).toEqual([
      'thinking-unsupported',
      'block-unsupported',
      'delta-unsupported',
      'stop-sequence-unsupported',
    ])
  })
})
