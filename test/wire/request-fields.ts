import type { WireFormat } from '@agentproxy/wire'
import { field } from './field-case.ts'
import type { FieldCase, Json } from './field-case.ts'

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const ephemeral = { type: 'ephemeral' }
const IN_URL = { gemini: 'said in the URL' }
const ALWAYS_PARALLEL = { gemini: 'always so' }

// ---- Messages

const user = (...content: Json[]): Json => ({
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi.' }, ...content] }],
})
const assistant = (...content: Json[]): Json => ({
  messages: [
    { role: 'user', content: 'Hi.' },
    { role: 'assistant', content: [{ type: 'text', text: 'Yes.' }, ...content] },
    { role: 'user', content: 'Go on.' },
  ],
})
const toolUse = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Rome' } }
const result = (fields: Json): Json => ({
  messages: [
    { role: 'user', content: 'Hi.' },
    { role: 'assistant', content: [toolUse] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', ...fields }] },
  ],
})
const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }
const claudeTool = (fields: Json): Json => ({ tools: [{ name: 'weather', input_schema: schema, ...fields }] })

const anthropic: readonly FieldCase[] = [
  field('`system`, a string', { system: 'Be brief.' }),
  field('`system[].cache_control`', {
    system: [{ type: 'text', text: 'Be brief.', cache_control: ephemeral }],
  }),
  field('`messages[]` of role `system`', {
    messages: [
      { role: 'user', content: 'Hi.' },
      { role: 'system', content: 'Hurry.' },
    ],
  }),
  field('`cache_control` of a block', user({ type: 'text', text: 'Long.', cache_control: ephemeral })),
  field('`citations` of a text', {
    messages: [
      { role: 'user', content: 'Hi.' },
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'Yes.', citations: [{ type: 'char_location' }] }],
      },
    ],
  }),
  field('`image`, base64', user(png)),
  field('`image`, url', user({ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } })),
  field('`image`, file', user({ type: 'image', source: { type: 'file', file_id: 'file_1' } })),
  field(
    '`document`, base64',
    user({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } }),
  ),
  field(
    '`document`, url',
    user({ type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } }),
  ),
  field(
    '`document`, text',
    user({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Plain.' } }),
  ),
  field(
    '`search_result`',
    user({ type: 'search_result', source: 'https://example.com', title: 'T', content: [] }),
  ),
  field('`tool_use`, several', assistant(toolUse, { ...toolUse, id: 'toolu_2' })),
  field('`tool_use.name` with a letter others refuse', assistant({ ...toolUse, name: 'wea ther' })),
  field('`tool_result`, text', result({ content: 'Sunny.' })),
  field('`tool_result`, image', result({ content: [{ type: 'text', text: 'Sunny.' }, png] })),
  field('`tool_result.is_error`', result({ content: 'No.', is_error: true })),
  field('`thinking` with `signature`', assistant({ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' })),
  field('`redacted_thinking`', assistant({ type: 'redacted_thinking', data: 'aGlk' })),
  field(
    '`server_tool_use`',
    assistant({ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'q' } }),
  ),
  field('`tools[]`', claudeTool({ description: 'Weather.' })),
  field('`tools[].strict`', claudeTool({ strict: true })),
  field('`tools[].cache_control`', claudeTool({ cache_control: ephemeral })),
  field('`tools[].input_examples`', claudeTool({ input_examples: [{ city: 'Rome' }] })),
  field('`tools[]`, server tool', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }),
  field('`tool_choice` auto', { ...claudeTool({}), tool_choice: { type: 'auto' } }),
  field('`tool_choice` any', { ...claudeTool({}), tool_choice: { type: 'any' } }),
  field('`tool_choice` none', { ...claudeTool({}), tool_choice: { type: 'none' } }),
  field('`tool_choice` tool', { ...claudeTool({}), tool_choice: { type: 'tool', name: 'weather' } }),
  field('`tool_choice.disable_parallel_tool_use`', {
    ...claudeTool({}),
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  }),
  field('`max_tokens`', { max_tokens: 500 }),
  field('`temperature`', { temperature: 0.5 }),
  field('`top_p`', { top_p: 0.5 }),
  field('`top_k`', { top_k: 5 }),
  field('`stop_sequences`', { stop_sequences: ['END'] }),
  field('`stream`', { stream: true }, IN_URL),
  field('`metadata.user_id`', { metadata: { user_id: 'u' } }),
  field('`service_tier`', { service_tier: 'standard_only' }),
  field('`thinking` enabled', { thinking: { type: 'enabled', budget_tokens: 2000 } }),
  field('`thinking` adaptive', { thinking: { type: 'adaptive' } }),
  field('`thinking` disabled', { thinking: { type: 'disabled' } }),
  field('`output_config.effort`', { output_config: { effort: 'low' } }),
  field('`output_config.format`', { output_config: { format: { type: 'json_schema', schema } } }),
  field('`context_management`', { context_management: { edits: [] } }),
  field('`mcp_servers`', { mcp_servers: [{ type: 'url', url: 'https://example.com', name: 'm' }] }),
  field('any other field', { some_future_field: 1 }),
]

// ---- Chat Completions

const chatUser = (...parts: Json[]): Json => ({
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi.' }, ...parts] }],
})
const chatAssistant = (fields: Json): Json => ({
  messages: [
    { role: 'user', content: 'Hi.' },
    { role: 'assistant', content: 'Yes.', ...fields },
    { role: 'user', content: 'Go on.' },
  ],
})
const chatCall = {
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Rome"}' },
}
const chatTool = (fields: Json): Json => ({
  tools: [{ type: 'function', function: { name: 'weather', parameters: schema, ...fields } }],
})
const custom = { type: 'custom', custom: { name: 'patch' } }

const openaiChat: readonly FieldCase[] = [
  field('`messages[]` of role `system`', {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi.' },
    ],
  }),
  field('`messages[]` of role `developer`, later', {
    messages: [
      { role: 'user', content: 'Hi.' },
      { role: 'developer', content: 'Hurry.' },
    ],
  }),
  field('`messages[].name`', { messages: [{ role: 'user', content: 'Hi.', name: 'ann' }] }),
  field(
    '`image_url`, data',
    chatUser({ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }),
  ),
  field('`image_url`, url', chatUser({ type: 'image_url', image_url: { url: 'https://example.com/a.png' } })),
  field(
    '`image_url.detail`',
    chatUser({ type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } }),
  ),
  field('`input_audio`', chatUser({ type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } })),
  field(
    '`file`, data',
    chatUser({
      type: 'file',
      file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
    }),
  ),
  field('`file`, id', chatUser({ type: 'file', file: { file_id: 'file-1' } })),
  field('`tool_calls[]`, several', chatAssistant({ tool_calls: [chatCall, { ...chatCall, id: 'call_2' }] })),
  field(
    '`tool_calls[]`, custom',
    chatAssistant({ tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'patch', input: 'x' } }] }),
  ),
  field('`function_call` (legacy)', chatAssistant({ function_call: chatCall.function })),
  field('`messages[]` of role `tool`', {
    messages: [
      { role: 'user', content: 'Hi.' },
      { role: 'assistant', content: null, tool_calls: [chatCall] },
      { role: 'tool', tool_call_id: 'call_1', content: 'Sunny.' },
    ],
  }),
  field('`messages[]` of role `function` (legacy)', {
    messages: [
      { role: 'user', content: 'Hi.' },
      { role: 'assistant', content: null, function_call: chatCall.function },
      { role: 'function', name: 'weather', content: 'Sunny.' },
    ],
  }),
  field('`refusal`', chatAssistant({ refusal: 'No.' })),
  field('`reasoning_content`', chatAssistant({ reasoning_content: 'Hm.' })),
  field('`audio` of an answer', chatAssistant({ audio: { id: 'audio_1' } })),
  field('`tools[]`', chatTool({ description: 'Weather.' })),
  field('`tools[].function.strict`', chatTool({ strict: true })),
  field('`tools[]`, custom', { tools: [custom] }),
  field('`tools[].custom.format`, a grammar', {
    tools: [
      {
        type: 'custom',
        custom: {
          name: 'patch',
          format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } },
        },
      },
    ],
  }),
  field('`functions[]` (legacy)', {
    functions: [{ name: 'weather', parameters: schema }],
    function_call: 'auto',
  }),
  field('`tool_choice` auto', { ...chatTool({}), tool_choice: 'auto' }),
  field('`tool_choice` required', { ...chatTool({}), tool_choice: 'required' }),
  field('`tool_choice` none', { ...chatTool({}), tool_choice: 'none' }),
  field('`tool_choice` function', {
    ...chatTool({}),
    tool_choice: { type: 'function', function: { name: 'weather' } },
  }),
  field('`tool_choice` custom', {
    tools: [custom],
    tool_choice: { type: 'custom', custom: { name: 'patch' } },
  }),
  field('`tool_choice` allowed_tools', {
    ...chatTool({}),
    tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } },
  }),
  field('`parallel_tool_calls` false', { ...chatTool({}), parallel_tool_calls: false }),
  field(
    '`parallel_tool_calls` true',
    { ...chatTool({}), parallel_tool_calls: true },
    {
      anthropic: 'its default',
      ...ALWAYS_PARALLEL,
    },
  ),
  field('`response_format` json_object', { response_format: { type: 'json_object' } }),
  field('`response_format` json_schema', {
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } },
  }),
  field('`reasoning_effort`', { reasoning_effort: 'low' }),
  field('`reasoning_effort` none', { reasoning_effort: 'none' }),
  field('`max_completion_tokens`', { max_completion_tokens: 5000 }),
  field('`max_tokens`', { max_tokens: 5000 }),
  field('`temperature`', { temperature: 0.5 }),
  field('`temperature` above 1', { temperature: 1.5 }),
  field('`top_p`', { top_p: 0.5 }),
  field('`stop`', { stop: ['END'] }),
  field('`seed`', { seed: 7 }),
  field('`frequency_penalty`', { frequency_penalty: 1 }),
  field('`presence_penalty`', { presence_penalty: 1 }),
  field('`logprobs`', { logprobs: true, top_logprobs: 3 }),
  field('`n` above 1', { n: 2 }),
  field('`logit_bias`', { logit_bias: { '50256': -100 } }),
  field('`stream`', { stream: true }, IN_URL),
  field('`user`', { user: 'u' }),
  field('`metadata`', { metadata: { a: 'b' } }),
  field('`service_tier` default', { service_tier: 'default' }),
  field('`service_tier` flex', { service_tier: 'flex' }),
  field('`modalities`, `audio`', { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }),
  field('`web_search_options`', { web_search_options: {} }),
  field('any other field', { some_future_field: 1 }),
]

/** Smallest request of each format, and the model it is sent to elsewhere. */
export const REQUEST_BASES: Readonly<Record<WireFormat, Json>> = {
  anthropic: { model: 'm', max_tokens: 8000, messages: [{ role: 'user', content: 'Hi.' }] },
  'openai-chat': { model: 'm', max_completion_tokens: 8000, messages: [{ role: 'user', content: 'Hi.' }] },
  'openai-responses': { model: 'm', max_output_tokens: 8000, input: 'Hi.' },
  gemini: {
    contents: [{ role: 'user', parts: [{ text: 'Hi.' }] }],
    generationConfig: { maxOutputTokens: 8000 },
  },
}

export const anthropicRequests = anthropic
export const chatRequests = openaiChat
