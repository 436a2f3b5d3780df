import { describe, expect, it } from 'vitest'
import { anthropic, formats, gemini, LossReport, openaiChat, openaiResponses } from './index.ts'
import type { Format, ModelEvent, ModelUsage, StopReason, WriteOptions } from './index.ts'

type Json = Record<string, unknown>

const all = Object.values(formats)
const schema = { type: 'object', properties: { city: { type: 'string' } } }
const ask = [{ role: 'user', content: 'hi' }]

function translate(
  from: Format,
  to: Format,
  document: Json,
): { body: Json; codes: string[]; pointers: string[] } {
  const loss = new LossReport()
  const read = from.readRequest(document, loss)
  const request = { ...read, model: to === gemini ? 'gemini-2.5-pro' : 'm' }
  const body = JSON.parse(JSON.stringify(to.writeRequest(request, loss))) as Json
  const entries = loss.entries.filter(({ code }) => code !== 'max-tokens-defaulted')
  return { body, codes: entries.map(({ code }) => code), pointers: entries.map(({ pointer }) => pointer) }
}

/** The same answer, written at once and as a stream that is read again. */
function answers(to: Format, events: readonly ModelEvent[], options: WriteOptions = {}): Json[] {
  const fixed = { created: 1, ...options }
  const whole = to.writeResponse(events, new LossReport(), fixed)
  const writer = to.createStreamWriter(new LossReport(), fixed)
  const reader = to.createStreamReader()
  const text = events.map((event) => writer.write(event)).join('')
  const streamed = [...reader.push(Buffer.from(text)), ...reader.end()]
  return [whole, to.writeResponse(streamed, new LossReport(), { created: 1 })]
}

function callOf(name: string, json: string): ModelEvent[] {
  return [
    { type: 'start', id: 'a1', model: 'm' },
    { type: 'block_start', index: 0, block: { type: 'tool_call', id: 'call_1', name } },
    ...Array.from(json, (piece): ModelEvent => ({
      type: 'block_delta',
      index: 0,
      delta: { type: 'arguments', json: piece },
    })),
    { type: 'block_stop', index: 0 },
    { type: 'finish', reason: 'tool_use', stopSequence: null },
    { type: 'end' },
  ]
}

/** The tool a request of this format offers and the model calls, by the name the format gives it. */
function calledName(format: Format, answer: Json): unknown {
  const events = format.readResponse(JSON.parse(JSON.stringify(answer)))
  return events.flatMap((event) =>
    event.type === 'block_start' && event.block.type === 'tool_call' ? [event.block.name] : [],
  )[0]
}

const offer = (tool: string): Json => ({
  contents: [{ parts: [{ text: 'hi' }] }],
  tools: [{ functionDeclarations: [{ name: tool }] }],
})

describe('tool names', () => {
  const name = 'mcp.files:read/äll.v2'
  const long = `n${'x'.repeat(140)}`

  it.each(
    all
      .filter((format) => format !== gemini)
      .flatMap(
        (format) =>
          [
            [format, name],
            [format, long],
          ] as const,
      ),
  )('that $0.name refuses are mapped there and back, in an answer and in its stream', (format, tool) => {
    const { body, codes } = translate(gemini, format, offer(tool))
    const request = format.readRequest(body, new LossReport())
    const [given] = request.tools ?? []
    const there = String(given?.name)
    expect(there).toMatch(/^[a-zA-Z_][a-zA-Z0-9_-]{0,127}$/)
    expect(there.length).toBeLessThanOrEqual(format === anthropic ? 128 : 64)
    expect(codes).toEqual(['tool-name-changed'])
    const { tools } = gemini.readRequest(offer(tool), new LossReport())
    for (const answer of answers(gemini, callOf(there, '{}'), { tools }))
      expect(calledName(gemini, answer)).toBe(tool)
  })

  it('are the same in the tool, its calls, its results and a forced choice', () => {
    const document = {
      model: 'm',
      max_tokens: 9,
      tools: [{ name: '1st tool', input_schema: schema }],
      tool_choice: { type: 'tool', name: '1st tool' },
      messages: [
        ...ask,
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: '1st tool', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'x' }] },
      ],
    }
    for (const format of all.filter((one) => one !== anthropic)) {
      const { body, codes } = translate(anthropic, format, document)
      const names = JSON.stringify(body).match(/_?1st_tool_[0-9a-f]{8}/g) ?? []
      expect(names.length).toBeGreaterThanOrEqual(3)
      expect(new Set(names).size).toBe(1)
      expect(JSON.stringify(body)).not.toContain('1st tool')
      expect(codes.filter((code) => code === 'tool-name-changed')).toHaveLength(1)
    }
  })
})

describe('custom tools', () => {
  const grammar = { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } }
  const document = {
    model: 'm',
    messages: ask,
    tools: [{ type: 'custom', custom: { name: 'patch', format: grammar } }],
    tool_choice: { type: 'custom', custom: { name: 'patch' } },
  }
  const patch = '*** Begin "Patch"\n+ä\\n\n'
  const custom = [{ id: 'call_1', type: 'custom', custom: { name: 'patch', input: patch } }]

  it('of a chat client keep their grammar at OpenAI and become functions elsewhere', () => {
    expect(translate(openaiChat, openaiResponses, document)).toMatchObject({
      body: {
        tools: [{ type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark' } }],
        tool_choice: { type: 'custom', name: 'patch' },
      },
      codes: [],
    })
    expect(translate(openaiChat, openaiChat, document).body).toEqual(document)
    for (const format of [anthropic, gemini])
      expect(translate(openaiChat, format, document).codes).toEqual([
        'freeform-tool-as-function',
        'tool-grammar-unsupported',
      ])
  })

  it('are called as plain text by every upstream, whole and streamed', () => {
    const { tools } = openaiChat.readRequest(document, new LossReport())
    for (const upstream of all) {
      const said = upstream.writeResponse(callOf('patch', JSON.stringify({ input: patch })), new LossReport())
      const events = upstream.readResponse(JSON.parse(JSON.stringify(said)))
      for (const answer of answers(openaiChat, events, { tools }))
        expect(answer).toMatchObject({
          choices: [{ message: { tool_calls: custom }, finish_reason: 'tool_calls' }],
        })
    }
  })

  it('called by a chat upstream reach a Responses client as custom calls', () => {
    const events = openaiChat.readResponse({
      choices: [{ message: { content: null, tool_calls: custom }, finish_reason: 'tool_calls' }],
    })
    for (const answer of answers(openaiResponses, events))
      expect(answer['output']).toMatchObject([{ type: 'custom_tool_call', name: 'patch', input: patch }])
    for (const answer of answers(anthropic, events))
      expect(answer['content']).toMatchObject([{ type: 'tool_use', name: 'patch', input: { input: patch } }])
    for (const answer of answers(openaiChat, events))
      expect(answer).toMatchObject({ choices: [{ message: { tool_calls: custom } }] })
  })
})

describe('legacy functions of a chat client', () => {
  const called = { name: 'weather', arguments: '{"city":"Rome"}' }
  const document = {
    model: 'm',
    messages: [
      ...ask,
      { role: 'assistant', content: null, function_call: called },
      { role: 'function', name: 'weather', content: 'Sunny.' },
      { role: 'assistant', content: null, function_call: called },
      { role: 'function', name: 'weather', content: 'Rainy.' },
    ],
    functions: [{ name: 'weather', parameters: schema, x: 1 }],
    function_call: { name: 'weather' },
  }

  it('come out as they went in, and reach other formats as tools', () => {
    expect(translate(openaiChat, openaiChat, document)).toEqual({ body: document, codes: [], pointers: [] })
    const { body, codes, pointers } = translate(openaiChat, anthropic, document)
    expect(body['messages']).toEqual([
      { role: 'user', content: 'hi' },
      ...['Sunny.', 'Rainy.'].flatMap((content, turn) => {
        const id = `gcall_c_${turn}`
        return [
          {
            role: 'assistant',
            content: [{ type: 'tool_use', id, name: 'weather', input: { city: 'Rome' } }],
          },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content }] },
        ]
      }),
    ])
    expect(body).toMatchObject({
      tools: [{ name: 'weather', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'weather' },
    })
    expect([codes, pointers]).toEqual([['unknown-field'], ['/functions/0/x']])
  })

  it('are called in function_call, by an upstream that knows calls and by one that does not', () => {
    const message = { content: null, function_call: called }
    const old = openaiChat.readResponse({ choices: [{ message, finish_reason: 'function_call' }] })
    const { legacyFunctions } = openaiChat.readRequest(document, new LossReport())
    for (const events of [old, callOf('weather', called.arguments)]) {
      for (const answer of answers(openaiChat, events, { legacyFunctions }))
        expect(answer).toMatchObject({
          choices: [{ message: { function_call: called }, finish_reason: 'function_call' }],
        })
    }
    expect(answers(anthropic, old)[1]).toMatchObject({ content: [{ type: 'tool_use', name: 'weather' }] })
  })
})

it('a Gemini body in snake_case is read as one in camelCase, and reports point into it as it is spelled', () => {
  const snake = {
    system_instruction: { parts: [{ text: 'Be brief.' }] },
    contents: [
      { role: 'user', parts: [{ text: 'hi' }, { inline_data: { mime_type: 'image/png', data: 'AA==' } }] },
      {
        role: 'model',
        parts: [{ function_call: { name: 'f', args: { keep_this: 1 } }, thought_signature: 'Cg' }],
      },
      { role: 'user', parts: [{ function_response: { name: 'f', response: { some_key: 1 } } }] },
    ],
    tools: [
      {
        function_declarations: [
          { name: 'f', parameters_json_schema: { type: 'object', properties: { a_b: {} } } },
        ],
      },
    ],
    tool_config: { function_calling_config: { mode: 'ANY', allowed_function_names: ['f'] } },
    generation_config: {
      max_output_tokens: 99,
      top_k: 3,
      thinking_config: { thinking_budget: 0 },
      media_resolution: 'X',
    },
    safety_settings: [],
  }
  const { body, pointers } = translate(gemini, openaiChat, snake)
  expect(body).toMatchObject({
    max_tokens: 99,
    tool_choice: { type: 'function', function: { name: 'f' } },
    tools: [{ function: { name: 'f', parameters: { properties: { a_b: {} } } } }],
    messages: [
      { role: 'system', content: 'Be brief.' },
      { content: [{ text: 'hi' }, { image_url: { url: 'data:image/png;base64,AA==' } }] },
      { tool_calls: [{ function: { name: 'f', arguments: '{"keep_this":1}' } }] },
      { role: 'tool', content: '{"some_key":1}' },
    ],
  })
  for (const pointer of [
    '/generation_config/top_k',
    '/generation_config/media_resolution',
    '/contents/1/parts/0/thought_signature',
    '/safety_settings',
  ])
    expect(pointers).toContain(pointer)
  const again = translate(gemini, gemini, snake).body
  expect(again).toMatchObject({ generationConfig: { maxOutputTokens: 99, topK: 3 }, safety_settings: [] })
})

const REASONS: readonly StopReason[] = [
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'refusal',
  'content_filter',
  'pause_turn',
  'context_exceeded',
]

describe.each(all)('an answer in the format $name', (format) => {
  it.each(REASONS)('says why it stopped (%s), or reports that it cannot', (reason) => {
    const stopSequence = reason === 'stop_sequence' ? 'END' : null
    const block: ModelEvent[] =
      reason === 'tool_use'
        ? callOf('f', '{}').slice(1, -2)
        : [
            { type: 'block_start', index: 0, block: { type: 'text' } },
            { type: 'block_delta', index: 0, delta: { type: 'text', text: 'x' } },
            { type: 'block_stop', index: 0 },
          ]
    const events: ModelEvent[] = [
      { type: 'start', id: 'a', model: 'm' },
      ...block,
      { type: 'finish', reason, stopSequence },
      { type: 'end' },
    ]
    const loss = new LossReport()
    const answer = JSON.parse(JSON.stringify(format.writeResponse(events, loss))) as unknown
    const finish = format.readResponse(answer).find((event) => event.type === 'finish')
    const isReported = loss.entries.some(({ code }) => code.startsWith('stop-'))
    expect(isReported || (finish?.reason === reason && finish.stopSequence === stopSequence)).toBe(true)
    expect(isReported && finish?.reason === reason && finish.stopSequence === stopSequence).toBe(false)
    const streamed = new LossReport()
    const writer = format.createStreamWriter(streamed)
    for (const event of events) writer.write(event)
    expect(streamed.entries).toEqual(loss.entries)
  })

  it('counts as its vendor does, and reads the same counts again or reports the difference', () => {
    const counts: ModelUsage = {
      inputTokens: 1000,
      outputTokens: 80,
      cacheReadTokens: 700,
      cacheWriteTokens: 200,
      reasoningTokens: 30,
    }
    const [start, ...rest] = callOf('f', '{}')
    const loss = new LossReport()
    const events = [start, { type: 'usage', usage: counts }, ...rest].filter(
      (event) => event !== undefined,
    ) as ModelEvent[]
    const answer: unknown = JSON.parse(JSON.stringify(format.writeResponse(events, loss)))
    const lost = loss.entries.map(({ code }) => code).includes('cache-write-tokens-unsupported')
    expect(format.readUsage(answer)).toEqual({ ...counts, cacheWriteTokens: lost ? null : 200 })
    expect(answer).toMatchObject(VENDOR_COUNTS[format.name] ?? {})
  })
})

const VENDOR_COUNTS: Readonly<Record<string, Json>> = {
  anthropic: {
    usage: {
      input_tokens: 100,
      cache_read_input_tokens: 700,
      cache_creation_input_tokens: 200,
      output_tokens: 80,
    },
  },
  'openai-chat': { usage: { prompt_tokens: 1000, completion_tokens: 80, total_tokens: 1080 } },
  'openai-responses': { usage: { input_tokens: 1000, output_tokens: 80, total_tokens: 1080 } },
  gemini: {
    usageMetadata: {
      promptTokenCount: 1000,
      candidatesTokenCount: 50,
      thoughtsTokenCount: 30,
      totalTokenCount: 1080,
    },
  },
}

it('system messages within a conversation stay where they stand, or become user text under a report', () => {
  const document = {
    model: 'm',
    max_tokens: 99,
    messages: [...ask, { role: 'system', content: 'Hurry.' }, { role: 'assistant', content: 'ok' }, ...ask],
  }
  expect(translate(anthropic, openaiChat, document)).toMatchObject({
    body: {
      messages: [
        { role: 'user' },
        { role: 'system', content: 'Hurry.' },
        { role: 'assistant' },
        { role: 'user' },
      ],
    },
    codes: [],
  })
  expect(translate(anthropic, openaiResponses, document)).toMatchObject({
    body: { input: [{ role: 'user' }, { role: 'system' }, { role: 'assistant' }, { role: 'user' }] },
    codes: [],
  })
  const google = translate(anthropic, gemini, document)
  expect(google.body['contents']).toMatchObject([
    { role: 'user', parts: [{ text: 'hi' }, { text: 'Hurry.' }] },
    { role: 'model' },
    { role: 'user' },
  ])
  expect(google.codes).toEqual(['system-message-as-user'])
})

it('what only OpenAI knows passes between its two formats', () => {
  const fields = { metadata: { a: 'b' }, prompt_cache_key: 'k', safety_identifier: 's', service_tier: 'flex' }
  const chat = { model: 'm', messages: ask, ...fields }
  const responses = { model: 'm', input: 'hi', ...fields }
  expect(translate(openaiChat, openaiResponses, chat)).toMatchObject({ body: fields, codes: [] })
  expect(translate(openaiResponses, openaiChat, responses)).toMatchObject({ body: fields, codes: [] })
  expect(translate(openaiChat, anthropic, chat).pointers.toSorted()).toEqual([
    '/metadata',
    '/prompt_cache_key',
    '/safety_identifier',
    '/service_tier',
  ])
})

it('beside thinking Messages takes neither top_k nor a low top_p, and the report says so', () => {
  const config = { topK: 4, topP: 0.5, thinkingConfig: { thinkingBudget: 2000 } }
  const { body, codes } = translate(gemini, anthropic, {
    contents: [{ parts: [{ text: 'hi' }] }],
    generationConfig: config,
  })
  expect(body).not.toHaveProperty('top_k')
  expect(body).not.toHaveProperty('top_p')
  expect(codes).toEqual(['top-k-with-thinking', 'top-p-with-thinking'])
})
