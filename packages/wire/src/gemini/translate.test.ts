import { describe, expect, it } from 'vitest'
import { anthropic, gemini, LossReport, openaiChat, WireReadError } from '../index.ts'
import type { Format } from '../index.ts'

type Json = Record<string, unknown>

interface Translated {
  readonly body: Json
  readonly codes: string[]
}

function translate(from: Format, to: Format, document: Json, model = 'm'): Translated {
  const loss = new LossReport()
  const request = from.readRequest(document, loss)
  const body = to.writeRequest(request.model === '' ? { ...request, model } : request, loss)
  return { body: JSON.parse(JSON.stringify(body)) as Json, codes: loss.entries.map(({ code }) => code) }
}

const ask = [{ role: 'user', content: 'hi' }]
const fromChat = (document: Json): Translated =>
  translate(openaiChat, gemini, { model: 'gemini-2.5-flash', messages: ask, ...document })
const fromMessages = (document: Json): Translated =>
  translate(anthropic, gemini, { model: 'gemini-3.1-pro', max_tokens: 100, messages: ask, ...document })

const SKIP = 'skip_thought_signature_validator'
const cliTurn = {
  contents: [
    { role: 'user', parts: [{ text: 'context' }, { text: 'write it' }] },
    {
      role: 'model',
      parts: [
        { text: 'I will.' },
        { functionCall: { id: 'w_1', name: 'write_file', args: { path: 'a' } }, thoughtSignature: SKIP },
      ],
    },
    {
      role: 'user',
      parts: [{ functionResponse: { id: 'w_1', name: 'write_file', response: { output: 'done' } } }],
    },
  ],
  systemInstruction: { role: 'user', parts: [{ text: 'be brief' }] },
  tools: [{ functionDeclarations: [{ name: 'write_file', parametersJsonSchema: { type: 'object' } }] }],
  generationConfig: { temperature: 1, topP: 0.95, topK: 64, thinkingConfig: { thinkingLevel: 'HIGH' } },
}

describe('a turn of the Gemini CLI', () => {
  it('becomes a Messages request that says the same, and loses nothing worth a word', () => {
    const { body, codes } = translate(gemini, anthropic, cliTurn, 'claude-opus-5-5')
    expect(body).toMatchObject({
      system: 'be brief',
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I will.' },
            { type: 'tool_use', id: 'w_1', name: 'write_file', input: { path: 'a' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'w_1', content: 'done' }] },
      ],
      tools: [{ name: 'write_file', input_schema: { type: 'object' } }],
    })
    expect(codes).toEqual(['max-tokens-defaulted', 'reasoning-unsupported'])
    expect(JSON.stringify(body)).not.toContain(SKIP)
  })

  it('reports a real signature that does not go along', () => {
    const parts = [{ functionCall: { name: 'f', args: {} }, thoughtSignature: 'CgReal==' }]
    const loss = new LossReport()
    const request = gemini.readRequest({ contents: [{ role: 'model', parts }] }, loss)
    openaiChat.writeRequest(request, loss)
    expect(loss.entries).toMatchObject([
      { code: 'unknown-field', pointer: '/contents/0/parts/0/thoughtSignature' },
    ])
  })
})

const responded = (name: string, output: string): Json => ({
  functionResponse: { name, response: { output } },
})

it('calls without ids get them, results find their calls by name and order, and Gemini never sees them', () => {
  const one = { functionCall: { name: 'f', args: { n: 1 } } }
  const two = { functionCall: { name: 'f', args: { n: 2 } } }
  const other = { functionCall: { name: 'g', args: {} } }
  const document = {
    contents: [
      { role: 'model', parts: [one, other, two] },
      { role: 'user', parts: [responded('f', '1'), responded('f', '2'), responded('g', 'other')] },
    ],
  }
  const { body } = translate(gemini, openaiChat, document)
  const [calls, ...results] = body['messages'] as [{ tool_calls: { id: string }[] }, ...Json[]]
  const ids = calls.tool_calls.map((call) => call.id)
  expect(new Set(ids).size).toBe(3)
  expect(results.map((message) => [message['tool_call_id'], message['content']])).toEqual([
    [ids[0], '1'],
    [ids[2], '2'],
    [ids[1], 'other'],
  ])
  const back = translate(openaiChat, gemini, { model: 'gemini-2.5-pro', ...body })
  expect(back.body['contents']).toEqual(document.contents)
})

it.each<[string, Json, string]>([
  ['under output', { output: 'one\ntwo' }, 'one\ntwo'],
  ['as the AI SDK wraps it', { name: 'f', content: 'one\ntwo' }, 'one\ntwo'],
  ['wrapped for another tool', { name: 'g', content: 'one' }, '{"name":"g","content":"one"}'],
  ['in fields of its own', { name: 'f', size: 1 }, '{"name":"f","size":1}'],
])('a result %s is read as it was meant', (_, response, text) => {
  const { body } = translate(gemini, openaiChat, {
    contents: [
      { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response } }] },
    ],
  })
  expect((body['messages'] as Json[]).at(-1)).toMatchObject({ role: 'tool', content: text })
})

describe('a request for Gemini', () => {
  it('puts results first in the turn after their calls, and their images after them', () => {
    const image = { type: 'base64', media_type: 'image/png', data: 'AA==' }
    const { body, codes } = fromMessages({
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'claude' },
            { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
            { type: 'tool_use', id: 'b', name: 'g', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'tool_result', tool_use_id: 'b', content: 'no', is_error: true },
            { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'image', source: image }] },
          ],
        },
        { role: 'user', content: 'go on' },
      ],
    })
    expect(body['contents']).toEqual([
      {
        role: 'model',
        parts: [
          { functionCall: { id: 'a', name: 'f', args: { x: 1 } }, thoughtSignature: SKIP },
          { functionCall: { id: 'b', name: 'g', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'b', name: 'g', response: { error: 'no' } } },
          {
            functionResponse: {
              id: 'a',
              name: 'f',
              response: { output: '(The result follows in this message.)' },
            },
          },
          { text: 'look' },
          { inlineData: { mimeType: 'image/png', data: 'AA==' } },
          { text: 'go on' },
        ],
      },
    ])
    expect(codes).toEqual(['thinking-foreign', 'tool-result-media-moved'])
    expect(body).not.toHaveProperty('model')
    expect(body).not.toHaveProperty('stream')
  })

  it.each<[Json, Json, string[]]>([
    [
      { reasoning_effort: 'low' },
      { generationConfig: { thinkingConfig: { thinkingBudget: 1024, includeThoughts: true } } },
      ['reasoning-effort-as-budget'],
    ],
    [{ reasoning_effort: 'none' }, { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }, []],
    [
      { reasoning_effort: 'none', model: 'gemini-3.1-pro' },
      { generationConfig: { thinkingConfig: { thinkingLevel: 'low' } } },
      ['reasoning-disabled-unsupported'],
    ],
    [
      { reasoning_effort: 'xhigh', model: 'gemini-3.8-flash' },
      { generationConfig: { thinkingConfig: { thinkingLevel: 'high', includeThoughts: true } } },
      ['reasoning-effort-changed'],
    ],
    [{ reasoning_effort: 'low', model: 'gemini-2.0-flash' }, {}, ['reasoning-unsupported']],
    [
      { max_tokens: 9, temperature: 1.5, n: 2, logprobs: true, top_logprobs: 3, stop: ['a', 'b'] },
      {
        generationConfig: {
          maxOutputTokens: 9,
          temperature: 1.5,
          candidateCount: 2,
          responseLogprobs: true,
          logprobs: 3,
          stopSequences: ['a', 'b'],
        },
      },
      [],
    ],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } } },
      { generationConfig: { responseMimeType: 'application/json', responseJsonSchema: { type: 'object' } } },
      [],
    ],
    [
      {
        tools: [{ type: 'function', function: { name: 'f', strict: true, parameters: { $defs: {} } } }],
        tool_choice: { type: 'function', function: { name: 'f' } },
        parallel_tool_calls: false,
      },
      {
        tools: [
          { functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object', $defs: {} } }] },
        ],
        toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      },
      ['tool-strict-unsupported', 'parallel-tool-calls-unsupported'],
    ],
    [{ user: 'u', service_tier: 'flex' }, {}, ['service-tier-unsupported', 'user-unsupported']],
  ])('says %j as %j', (fields, wanted, reported) => {
    const { body, codes } = fromChat(fields)
    const { contents: _contents, ...rest } = body
    expect(rest).toEqual(wanted)
    expect(codes).toEqual(reported)
  })

  it.each<[Json, unknown, string[]]>([
    [{ thinking: { type: 'enabled', budget_tokens: 9000 } }, 'medium', ['reasoning-budget-as-level']],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, 'low', []],
    [{ thinking: { type: 'adaptive' } }, undefined, []],
  ])('thinks on a level for %j', (fields, thinkingLevel, reported) => {
    const { body, codes } = fromMessages(fields)
    expect(body['generationConfig']).toEqual({
      maxOutputTokens: 100,
      thinkingConfig: { ...(thinkingLevel === undefined ? {} : { thinkingLevel }), includeThoughts: true },
    })
    expect(codes).toEqual(reported)
  })
})

it("Gemini's own spelling of a schema becomes JSON Schema elsewhere", () => {
  const parameters = {
    type: 'OBJECT',
    properties: {
      b: { type: 'STRING', nullable: true, enum: ['x'], maxLength: '5' },
      a: { type: 'ARRAY', items: { anyOf: [{ type: 'INTEGER' }] } },
    },
    propertyOrdering: ['a', 'b'],
  }
  const document = { contents: [], tools: [{ functionDeclarations: [{ name: 'f', parameters }] }] }
  const { body } = translate(gemini, openaiChat, document)
  const read = {
    type: 'object',
    properties: {
      a: { type: 'array', items: { anyOf: [{ type: 'integer' }] } },
      b: { type: ['string', 'null'], enum: ['x', null], maxLength: 5 },
    },
  }
  expect(JSON.stringify(body['tools'])).toBe(
    JSON.stringify([{ type: 'function', function: { name: 'f', parameters: read } }]),
  )
  expect(translate(gemini, gemini, document).body).toEqual(document)
})

it('schema names that look like keywords stay names', () => {
  const parameters = {
    type: 'OBJECT',
    properties: { type: { type: 'STRING' }, properties: { type: 'OBJECT' } },
  }
  const document = { contents: [], tools: [{ functionDeclarations: [{ name: 'f', parameters }] }] }
  expect(translate(gemini, anthropic, document).body['tools']).toEqual([
    {
      name: 'f',
      input_schema: {
        type: 'object',
        properties: { type: { type: 'string' }, properties: { type: 'object' } },
      },
    },
  ])
})

it.each<[unknown, string, string]>([
  [{}, '/contents', 'MISSING_FIELD'],
  [{ contents: [{ role: 'robot', parts: [] }] }, '/contents/0/role', 'WRONG_TYPE'],
  [{ contents: [{ parts: ['hi'] }] }, '/contents/0/parts/0', 'WRONG_TYPE'],
  [
    { contents: [{ parts: [{ functionCall: {} }] }] },
    '/contents/0/parts/0/functionCall/name',
    'MISSING_FIELD',
  ],
  [{ contents: [], generationConfig: { topK: 'x' } }, '/generationConfig/topK', 'WRONG_TYPE'],
  [[], '', 'WRONG_TYPE'],
])('%j is refused with a pointer to the fault', (document, pointer, code) => {
  let error: unknown
  try {
    gemini.readRequest(document, new LossReport())
  } catch (thrown) {
    error = thrown
  }
  expect(WireReadError.is(error)).toBe(true)
  expect(error).toMatchObject({ pointer, code })
})
