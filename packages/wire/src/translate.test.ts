import { describe, expect, it } from 'vitest'
import { anthropic, LossReport, openaiChat, WireReadError } from './index.ts'
import type { Format } from './index.ts'

type Json = Record<string, unknown>

function translate(from: Format, to: Format, document: Json): { body: Json; codes: string[] } {
  const loss = new LossReport()
  const body = to.writeRequest(from.readRequest(document, loss), loss)
  return { body, codes: loss.entries.map(({ code }) => code) }
}

const toChat = (document: Json): { body: Json; codes: string[] } =>
  translate(anthropic, openaiChat, { model: 'gpt-5.6', max_tokens: 100, ...document })
const toAnthropic = (document: Json): { body: Json; codes: string[] } =>
  translate(openaiChat, anthropic, { model: 'claude-sonnet-4-5', max_tokens: 50_000, ...document })

const ask = [{ role: 'user', content: 'hi' }]
const call = (id: string, args: string): Json => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: args },
})

describe('a Messages request as a chat request', () => {
  it('puts parallel tool results right after the calls, what was said with them after, and images in a user message', () => {
    const { body, codes } = toChat({
      messages: [
        { role: 'user', content: 'go' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'sig' },
            { type: 'text', text: 'ok' },
            { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
            { type: 'tool_use', id: 'b', name: 'f', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'a',
              content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }],
            },
            { type: 'tool_result', tool_use_id: 'b', content: 'no', is_error: true },
            { type: 'text', text: 'continue' },
          ],
        },
      ],
    })
    expect(body['messages']).toEqual([
      { role: 'user', content: 'go' },
      { role: 'assistant', content: 'ok', tool_calls: [call('a', '{"x":1}'), call('b', '{}')] },
      { role: 'tool', tool_call_id: 'a', content: '(The result follows in the next message.)' },
      { role: 'tool', tool_call_id: 'b', content: 'no' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
          { type: 'text', text: 'continue' },
        ],
      },
    ])
    expect(codes).toEqual(['thinking-unsupported', 'tool-result-media-moved', 'tool-error-flag-unsupported'])
    expect(JSON.stringify(body)).not.toContain('sig')
  })

  it('keeps system blocks in order and system messages where they stand, even empty ones', () => {
    const { body, codes } = toChat({
      system: [
        { type: 'text', text: 'one', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: 'two' },
      ],
      messages: [
        ...ask,
        { role: 'system', content: 'later' },
        { role: 'system', content: [], output_config: { effort: 'low' } },
      ],
    })
    expect(body['messages']).toEqual([
      {
        role: 'system',
        content: [
          { type: 'text', text: 'one' },
          { type: 'text', text: 'two' },
        ],
      },
      { role: 'user', content: 'hi' },
      { role: 'system', content: 'later' },
    ])
    expect(codes.toSorted()).toEqual(['cache-control-unsupported', 'unknown-field'])
  })

  it('always asks a stream for usage, and spells the limit as the model knows it', () => {
    expect(toChat({ messages: ask, stream: true }).body).toMatchObject({
      stream_options: { include_usage: true },
      max_completion_tokens: 100,
    })
    expect(toChat({ messages: ask, model: 'deepseek-chat' }).body).toMatchObject({ max_tokens: 100 })
  })

  it.each([
    [
      { thinking: { type: 'enabled', budget_tokens: 10_000 } },
      { reasoning_effort: 'medium' },
      ['reasoning-budget-as-effort'],
    ],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, { reasoning_effort: 'max' }, []],
    [{ thinking: { type: 'disabled' } }, {}, ['reasoning-disabled-unsupported']],
    [
      { top_k: 5, stop_sequences: ['a', 'b', 'c', 'd', 'e'] },
      { stop: ['a', 'b', 'c', 'd'] },
      ['top-k-unsupported', 'stop-sequences-limited'],
    ],
    [
      {
        tools: [{ name: 'f', input_schema: {} }],
        tool_choice: { type: 'any', disable_parallel_tool_use: true },
      },
      { tool_choice: 'required', parallel_tool_calls: false },
      [],
    ],
    [
      { output_config: { format: { type: 'json_schema', schema: {} } } },
      {
        response_format: { type: 'json_schema', json_schema: { name: 'response', strict: true, schema: {} } },
      },
      [],
    ],
    [
      { service_tier: 'standard_only', metadata: { user_id: 'u' } },
      { service_tier: 'default', user: 'u' },
      [],
    ],
    [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, {}, ['tool-unsupported']],
  ])('says %j as %j', (fields, wanted, reported) => {
    const { body, codes } = toChat({ messages: ask, ...fields })
    expect(body).toMatchObject(wanted)
    expect(codes).toEqual(reported)
  })

  it('never sends an undefined or foreign key', () => {
    const { body } = toChat({ messages: ask, context_management: { edits: [] } })
    expect(Object.keys(body).toSorted()).toEqual(['max_completion_tokens', 'messages', 'model'])
  })
})

describe('a chat request as a Messages request', () => {
  it('merges tool messages and what follows into one user turn, results first', () => {
    const { body, codes } = toAnthropic({
      messages: [
        { role: 'system', content: 'sys' },
        { role: 'developer', content: 'dev' },
        { role: 'user', content: 'a' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/jpeg;base64,BB==' } }] },
        { role: 'assistant', content: null, tool_calls: [call('call.1', '{"x":1}'), call('call_2', '')] },
        { role: 'tool', tool_call_id: 'call.1', content: 'one' },
        { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'two' }] },
        { role: 'user', content: 'next' },
      ],
    })
    const encoded = `call_b64_${Buffer.from('call.1').toString('base64url')}`
    expect(body['system']).toEqual([
      { type: 'text', text: 'sys' },
      { type: 'text', text: 'dev' },
    ])
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'BB==' } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: encoded, name: 'f', input: { x: 1 } },
          { type: 'tool_use', id: 'call_2', name: 'f', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: encoded, content: 'one' },
          { type: 'tool_result', tool_use_id: 'call_2', content: 'two' },
          { type: 'text', text: 'next' },
        ],
      },
    ])
    expect(codes).toEqual([])
    const back = translate(anthropic, openaiChat, body).body['messages'] as Json[]
    expect(back.find(({ role }) => role === 'tool')?.['tool_call_id']).toBe('call.1')
  })

  it('gives the limit Messages requires, and says so', () => {
    const { body, codes } = translate(openaiChat, anthropic, { model: 'claude-opus-5-5', messages: ask })
    expect(body['max_tokens']).toBe(32_000)
    expect(codes).toEqual(['max-tokens-defaulted'])
  })

  it.each([
    [
      { reasoning_effort: 'low' },
      { thinking: { type: 'enabled', budget_tokens: 4096 } },
      ['reasoning-effort-as-budget'],
    ],
    [
      { reasoning_effort: 'high', max_tokens: 2000 },
      { thinking: { type: 'enabled', budget_tokens: 1999 } },
      ['reasoning-effort-as-budget'],
    ],
    [{ reasoning_effort: 'high', max_tokens: 1000 }, { max_tokens: 1000 }, ['reasoning-unsupported']],
    [
      { reasoning_effort: 'minimal', model: 'claude-opus-5-5' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      ['reasoning-effort-changed'],
    ],
    [
      { reasoning_effort: 'low', temperature: 0.5 },
      { thinking: { type: 'enabled', budget_tokens: 4096 } },
      ['reasoning-effort-as-budget', 'temperature-with-thinking'],
    ],
    [{ reasoning_effort: 'none' }, { thinking: { type: 'disabled' } }, []],
    [{ temperature: 1.7, stop: 'END' }, { temperature: 1, stop_sequences: ['END'] }, ['temperature-clamped']],
    [
      { n: 2, seed: 1, logprobs: true, frequency_penalty: 0 },
      {},
      ['seed-unsupported', 'logprobs-unsupported', 'n-unsupported'],
    ],
    [{ response_format: { type: 'json_object' } }, {}, ['json-object-unsupported']],
    [
      { tools: [{ type: 'function', function: { name: 'f' } }], parallel_tool_calls: false },
      {
        tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
        tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      },
      [],
    ],
  ])('says %j as %j', (fields, wanted, reported) => {
    const { body, codes } = toAnthropic({ messages: ask, ...fields })
    expect(body).toMatchObject(wanted)
    expect(codes).toEqual(reported)
  })

  it('does not turn thinking on within a tool loop, where Messages would want signed thinking back', () => {
    const messages = [
      ...ask,
      { role: 'assistant', content: null, tool_calls: [call('a', '{}')] },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    ]
    const { body, codes } = toAnthropic({ messages, reasoning_effort: 'high' })
    expect(body['thinking']).toBeUndefined()
    expect(codes).toEqual(['reasoning-unsupported'])
  })

  it('keeps arguments that are no object whole', () => {
    const messages = [...ask, { role: 'assistant', content: null, tool_calls: [call('a', '{"x": "cut o')] }]
    const { body, codes } = toAnthropic({ messages })
    expect(JSON.stringify(body)).toContain(JSON.stringify({ raw_arguments: '{"x": "cut o' }))
    expect(codes).toEqual(['tool-arguments-not-an-object'])
  })
})

it('thinking of a compatible server passes through a Messages client back to its issuer, and never to Anthropic', () => {
  const events = openaiChat.readResponse({
    choices: [{ message: { reasoning_content: 'hm', content: 'yes' }, finish_reason: 'stop' }],
  })
  const answer = anthropic.writeResponse(events, new LossReport())
  const document = {
    model: 'm',
    max_tokens: 9,
    messages: [...ask, { role: 'assistant', content: answer['content'] }],
  }
  expect(translate(anthropic, openaiChat, document)).toMatchObject({
    body: { messages: [{}, { role: 'assistant', content: 'yes', reasoning_content: 'hm' }] },
    codes: [],
  })
  const native = translate(anthropic, anthropic, document)
  expect(native.body['messages']).toEqual([...ask, { role: 'assistant', content: 'yes' }])
  expect(native.codes).toEqual(['thinking-foreign'])
})

it.each([
  [anthropic, { model: 'm' }, '/messages', 'MISSING_FIELD'],
  [anthropic, { model: 'm', messages: [{ role: 'robot', content: '' }] }, '/messages/0/role', 'WRONG_TYPE'],
  [
    anthropic,
    { model: 'm', messages: [{ role: 'user', content: [{ type: 'text' }] }] },
    '/messages/0/content/0/text',
    'MISSING_FIELD',
  ],
  [openaiChat, { model: 1, messages: [] }, '/model', 'WRONG_TYPE'],
  [
    openaiChat,
    { model: 'm', messages: [{ role: 'tool', content: 'x' }] },
    '/messages/0/tool_call_id',
    'MISSING_FIELD',
  ],
  [openaiChat, [], '', 'WRONG_TYPE'],
])(
  'a document that is no request is refused with a pointer to the fault',
  (format, document, pointer, code) => {
    let error: unknown
    try {
      format.readRequest(document, new LossReport())
    } catch (thrown) {
      error = thrown
    }
    expect(WireReadError.is(error)).toBe(true)
    expect(error).toMatchObject({ pointer, code })
  },
)
