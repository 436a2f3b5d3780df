import type { WireFormat } from '@agentproxy/wire'
import { field } from './field-case.ts'
import type { FieldCase, Json } from './field-case.ts'

// ---- Messages

const content = (...blocks: Json[]): Json => ({ content: [{ type: 'text', text: 'Hi.' }, ...blocks] })
const usage = (fields: Json): Json => ({ usage: { input_tokens: 10, output_tokens: 5, ...fields } })
const toolUse = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Rome' } }
const stop = (stop_reason: string, more: Json = {}): FieldCase =>
  field(`\`stop_reason\` ${stop_reason}`, { stop_reason, ...more })

const anthropic: readonly FieldCase[] = [
  field('`id`', { id: 'msg_2' }),
  field('`model`', { model: 'n' }),
  field('`text`', content({ type: 'text', text: 'More.' })),
  field('`text.citations`', content({ type: 'text', text: 'More.', citations: [{ type: 'char_location' }] })),
  field('`thinking` with `signature`', content({ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' })),
  field('`redacted_thinking`', content({ type: 'redacted_thinking', data: 'aGlk' })),
  field('`tool_use`', content(toolUse)),
  field('`server_tool_use`', content({ type: 'server_tool_use', id: 's', name: 'web_search', input: {} })),
  stop('max_tokens'),
  stop('tool_use', content(toolUse)),
  stop('stop_sequence', { stop_sequence: 'END' }),
  stop('pause_turn'),
  stop('refusal'),
  stop('model_context_window_exceeded'),
  field('`usage.input_tokens`', usage({ input_tokens: 11 })),
  field('`usage.cache_read_input_tokens`', usage({ cache_read_input_tokens: 7 })),
  field('`usage.cache_creation_input_tokens`', usage({ cache_creation_input_tokens: 7 })),
  field('`usage.output_tokens`', usage({ output_tokens: 6 })),
  field('`usage.output_tokens_details`', usage({ output_tokens_details: { thinking_tokens: 3 } })),
  field('`usage.server_tool_use`', usage({ server_tool_use: { web_search_requests: 1 } })),
  field('`usage.service_tier`', usage({ service_tier: 'standard' })),
  field('`container`', { container: { id: 'c' } }),
]

// ---- Chat Completions

const choice = (message: Json, more: Json = {}): Json => ({
  choices: [
    { index: 0, message: { role: 'assistant', content: 'Hi.', ...message }, finish_reason: 'stop', ...more },
  ],
})
const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }
const finish = (finish_reason: string): FieldCase =>
  field(`\`finish_reason\` ${finish_reason}`, choice({}, { finish_reason }))
const counts = (fields: Json): Json => ({
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, ...fields },
})

const openaiChat: readonly FieldCase[] = [
  field('`id`', { id: 'chatcmpl-2' }),
  field('`model`', { model: 'n' }),
  field('`message.content`', choice({ content: 'More.' })),
  field('`message.refusal`', choice({ content: null, refusal: 'No.' })),
  field('`message.reasoning_content`', choice({ reasoning_content: 'Hm.' })),
  field('`message.tool_calls[]`, several', choice({ tool_calls: [call, { ...call, id: 'call_2' }] })),
  field(
    '`message.tool_calls[]`, custom',
    choice({
      tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'patch', input: 'x' } }],
    }),
  ),
  field('`message.function_call` (legacy)', choice({ function_call: call.function })),
  field('`message.annotations`', choice({ annotations: [{ type: 'url_citation' }] })),
  field('`message.audio`', choice({ audio: { id: 'audio_1', data: 'UklGRg==' } })),
  field('`choices[].logprobs`', choice({}, { logprobs: { content: [{ token: 'Hi.' }] } })),
  field('further `choices[]`', {
    choices: [
      { index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' },
      { index: 1, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' },
    ],
  }),
  finish('length'),
  field('`finish_reason` tool_calls', choice({ tool_calls: [call] }, { finish_reason: 'tool_calls' })),
  finish('content_filter'),
  finish('error'),
  field('`usage.prompt_tokens`', counts({ prompt_tokens: 11, total_tokens: 16 })),
  field(
    '`usage.prompt_tokens_details.cached_tokens`',
    counts({ prompt_tokens_details: { cached_tokens: 7 } }),
  ),
  field('`usage.completion_tokens`', counts({ completion_tokens: 6, total_tokens: 16 })),
  field(
    '`usage.completion_tokens_details.reasoning_tokens`',
    counts({
      completion_tokens_details: { reasoning_tokens: 3 },
    }),
  ),
  field('`system_fingerprint`', { system_fingerprint: 'fp' }),
  field('`service_tier`', { service_tier: 'default' }),
]

// ---- Responses

const text = {
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'Hi.', annotations: [] }],
}
const output = (...items: Json[]): Json => ({ output: [text, ...items] })
const message = (part: Json): Json => ({ output: [{ ...text, content: [part] }] })
const tokens = (fields: Json): Json => ({
  usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15, ...fields },
})
const functionCall = {
  type: 'function_call',
  call_id: 'call_1',
  name: 'weather',
  arguments: '{"city":"Rome"}',
}

const openaiResponses: readonly FieldCase[] = [
  field('`id`', { id: 'resp_2' }),
  field('`model`', { model: 'n' }),
  field('`output_text`', message({ type: 'output_text', text: 'More.', annotations: [] })),
  field(
    '`output_text.annotations`',
    message({
      type: 'output_text',
      text: 'Hi.',
      annotations: [{ type: 'url_citation', url: 'https://example.com' }],
    }),
  ),
  field(
    '`output_text.logprobs`',
    message({
      type: 'output_text',
      text: 'Hi.',
      annotations: [],
      logprobs: [{ token: 'Hi.' }],
    }),
  ),
  field('`refusal`', message({ type: 'refusal', refusal: 'No.' })),
  field(
    '`reasoning.summary`',
    output({ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] }),
  ),
  field(
    '`reasoning.encrypted_content`',
    output({ type: 'reasoning', summary: [], encrypted_content: 'ZW5j' }),
  ),
  field('`function_call`', output(functionCall)),
  field('`function_call.namespace`', output({ ...functionCall, namespace: 'mcp' })),
  field(
    '`custom_tool_call`',
    output({ type: 'custom_tool_call', call_id: 'call_1', name: 'patch', input: 'x' }),
  ),
  field('`web_search_call`', output({ type: 'web_search_call', id: 'ws_1', status: 'completed' })),
  field('`incomplete_details` max_output_tokens', {
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
  }),
  field('`incomplete_details` content_filter', {
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
  }),
  field('`error`', { status: 'failed', error: { code: 'server_error', message: 'Broken.' } }),
  field('`usage.input_tokens`', tokens({ input_tokens: 11 })),
  field('`usage.input_tokens_details.cached_tokens`', tokens({ input_tokens_details: { cached_tokens: 7 } })),
  field('`usage.output_tokens`', tokens({ output_tokens: 6 })),
  field(
    '`usage.output_tokens_details.reasoning_tokens`',
    tokens({ output_tokens_details: { reasoning_tokens: 3 } }),
  ),
  field('`metadata`', { metadata: { a: 'b' } }),
  field('`service_tier`', { service_tier: 'default' }),
]

// ---- generateContent

const candidate = (fields: Json): Json => ({
  candidates: [
    { content: { role: 'model', parts: [{ text: 'Hi.' }] }, finishReason: 'STOP', index: 0, ...fields },
  ],
})
const parts = (...more: Json[]): Json =>
  candidate({ content: { role: 'model', parts: [{ text: 'Hi.' }, ...more] } })
const reason = (finishReason: string): FieldCase =>
  field(`\`finishReason\` ${finishReason}`, candidate({ finishReason }))
const metadata = (fields: Json): Json => ({
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15, ...fields },
})

const gemini: readonly FieldCase[] = [
  field('`responseId`', { responseId: 'r2' }),
  field('`modelVersion`', { modelVersion: 'n' }),
  field('`text`', candidate({ content: { role: 'model', parts: [{ text: 'More.' }] } })),
  field('`thought`', parts({ text: 'Hm.', thought: true })),
  field('`functionCall`', parts({ functionCall: { name: 'weather', args: {} } })),
  field(
    '`thoughtSignature` of a call',
    parts({
      functionCall: { id: 'c1', name: 'weather', args: {} },
      thoughtSignature: 'CgSig',
    }),
  ),
  field('`inlineData`', parts({ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } })),
  field('`executableCode`', parts({ executableCode: { language: 'PYTHON', code: '1' } })),
  reason('MAX_TOKENS'),
  reason('SAFETY'),
  reason('RECITATION'),
  reason('PROHIBITED_CONTENT'),
  reason('MALFORMED_FUNCTION_CALL'),
  field('`promptFeedback.blockReason`', { candidates: [], promptFeedback: { blockReason: 'SAFETY' } }),
  field('`safetyRatings`', candidate({ safetyRatings: [{ category: 'HARM_CATEGORY_HARASSMENT' }] })),
  field('`citationMetadata`', candidate({ citationMetadata: { citationSources: [{}] } })),
  field('`groundingMetadata`', candidate({ groundingMetadata: { webSearchQueries: ['q'] } })),
  field('`avgLogprobs`', candidate({ avgLogprobs: -0.1 })),
  field('further `candidates[]`', {
    candidates: [
      { content: { role: 'model', parts: [{ text: 'Hi.' }] }, finishReason: 'STOP', index: 0 },
      { content: { role: 'model', parts: [{ text: 'Hello.' }] }, finishReason: 'STOP', index: 1 },
    ],
  }),
  field('`promptTokenCount`', metadata({ promptTokenCount: 11 })),
  field('`cachedContentTokenCount`', metadata({ cachedContentTokenCount: 7 })),
  field('`candidatesTokenCount`', metadata({ candidatesTokenCount: 6 })),
  field('`thoughtsTokenCount`', metadata({ thoughtsTokenCount: 3 })),
  field('`toolUsePromptTokenCount`', metadata({ toolUsePromptTokenCount: 3 })),
]

/** Smallest answer of each format. */
export const ANSWER_BASES: Readonly<Record<WireFormat, Json>> = {
  anthropic: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text: 'Hi.' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    ...usage({}),
  },
  'openai-chat': {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    ...choice({}),
    ...counts({}),
  },
  'openai-responses': {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    model: 'm',
    status: 'completed',
    ...output(),
    ...tokens({}),
  },
  gemini: { ...candidate({}), modelVersion: 'm', responseId: 'r1', ...metadata({}) },
}

export const answerFields: Readonly<Record<WireFormat, readonly FieldCase[]>> = {
  anthropic,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  gemini,
}
