import * as fc from 'fast-check'

type Json = Record<string, unknown>

const word = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== '')
const id = fc.stringMatching(/^[a-zA-Z0-9_-]{1,30}$/).filter((text) => !text.startsWith('call_b64_'))
/** Legal with every vendor, also behind a namespace. */
/** A function's name that no generated custom tool has: choosing one of those as a function would be no valid document. */
const chosenFunction = 'the_function_that_must_be_called'
const toolName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_-]{0,29}$/)
// -0 is left out: JSON.stringify writes it as 0.
const input = fc.dictionary(word, fc.oneof(word, fc.integer(), fc.boolean(), fc.array(word)), {
  noNullPrototype: true,
})
const cache = fc.constant({ cache_control: { type: 'ephemeral', ttl: '1h' } })
const none = fc.constant({})
const mixed = <T extends object>(
  base: fc.Arbitrary<T>,
  ...more: fc.Arbitrary<object>[]
): fc.Arbitrary<Json> =>
  fc
    .tuple(base, ...more.map((one) => fc.oneof(none, one)))
    .map((parts) => Object.assign({}, ...parts) as Json)

const unknownField = fc.record({ some_future_field: fc.jsonValue().filter((value) => !Object.is(value, -0)) })
const schema = fc.constant({ type: 'object', properties: { city: { type: 'string' } } })

const anthropicBlock = fc.oneof(
  mixed(fc.record({ type: fc.constant('text'), text: word }), cache, unknownField),
  mixed(
    fc.record({
      type: fc.constant('image'),
      source: fc.record({
        type: fc.constant('base64'),
        media_type: fc.constant('image/png'),
        data: fc.base64String(),
      }),
    }),
    cache,
  ),
  fc.record({
    type: fc.constant('document'),
    source: fc.record({ type: fc.constant('url'), url: fc.webUrl() }),
    title: word,
  }),
  fc.record({ type: fc.constant('server_tool_use'), id, name: word, input }),
)
const anthropicResult = mixed(
  fc.record({
    type: fc.constant('tool_result'),
    tool_use_id: id,
    content: fc.array(anthropicBlock, { minLength: 2, maxLength: 3 }),
  }),
  fc.constant({ is_error: true }),
  cache,
)
const anthropicMessage = fc.oneof(
  mixed(
    fc.record({
      role: fc.constant('user'),
      content: fc.oneof(word, fc.array(fc.oneof(anthropicBlock, anthropicResult), { minLength: 2 })),
    }),
  ),
  mixed(
    fc.record({ role: fc.constant('system'), content: fc.oneof(word, fc.constant([])) }),
    fc.constant({ output_config: { effort: 'low' } }),
  ),
  fc.record({
    role: fc.constant('assistant'),
    content: fc.array(
      fc.oneof(
        fc.record({
          type: fc.constant('thinking'),
          thinking: word,
          signature: fc.base64String({ minLength: 4 }),
        }),
        fc.record({ type: fc.constant('redacted_thinking'), data: word }),
        mixed(fc.record({ type: fc.constant('tool_use'), id, name: toolName, input }), cache),
        anthropicBlock,
      ),
      { minLength: 2 },
    ),
  }),
)
/** Requests of any shape the Messages format allows, legal in form if not in sense. */
export const anthropicDocument = mixed(
  fc.record({ model: word, max_tokens: fc.nat(), messages: fc.array(anthropicMessage, { maxLength: 5 }) }),
  fc.record({
    system: fc.oneof(
      word,
      fc.array(mixed(fc.record({ type: fc.constant('text'), text: word }), cache), { minLength: 2 }),
    ),
  }),
  fc.record({
    tools: fc.array(
      fc.oneof(
        mixed(fc.record({ name: toolName, description: word, input_schema: schema }), cache, unknownField),
        fc.record({ type: fc.constant('web_search_20250305'), name: toolName, max_uses: fc.nat() }),
      ),
    ),
  }),
  fc.record({
    tool_choice: fc.constantFrom(
      { type: 'auto' },
      { type: 'any', disable_parallel_tool_use: true },
      { type: 'none' },
      { type: 'tool', name: 'x' },
    ),
  }),
  fc.record({
    thinking: fc.constantFrom(
      { type: 'adaptive', display: 'updates' },
      { type: 'disabled' },
      { type: 'enabled', budget_tokens: 2048 },
      { type: 'between_tools' },
    ),
  }),
  fc.record({
    output_config: mixed(
      fc.record({ effort: fc.constantFrom('low', 'max') }),
      fc.record({ format: fc.record({ type: fc.constant('json_schema'), schema }) }),
      unknownField,
    ),
  }),
  fc.record({ metadata: mixed(fc.record({ user_id: word }), unknownField) }),
  fc.record({
    temperature: fc.double({ min: 0.01, max: 1, noNaN: true }),
    top_k: fc.nat(),
    top_p: fc.constant(0.9),
  }),
  fc.record({ stop_sequences: fc.array(word), stream: fc.constant(true), service_tier: fc.constant('auto') }),
  unknownField,
)

const chatPart = fc.oneof(
  mixed(fc.record({ type: fc.constant('text'), text: word }), cache),
  fc.record({
    type: fc.constant('image_url'),
    image_url: fc.record({
      url: fc.oneof(
        fc.webUrl(),
        fc.base64String().map((data) => `data:image/png;base64,${data}`),
      ),
      detail: fc.constantFrom('low', 'auto'),
    }),
  }),
  fc.record({
    type: fc.constant('input_audio'),
    input_audio: fc.record({ data: fc.base64String(), format: fc.constantFrom('wav', 'mp3') }),
  }),
  fc.record({ type: fc.constant('file'), file: fc.record({ file_id: word }) }),
  fc.record({ type: fc.constant('some_future_part'), value: word }),
)
const chatContent = fc.oneof(word, fc.array(chatPart, { minLength: 2 }))
const chatCall = fc.oneof(
  fc.record({
    id,
    type: fc.constant('function'),
    function: fc.record({ name: toolName, arguments: input.map((value) => JSON.stringify(value)) }),
  }),
  fc.record({ id, type: fc.constant('custom'), custom: fc.record({ name: toolName, input: word }) }),
)
const chatMessage = fc.oneof(
  mixed(
    fc.record({ role: fc.constantFrom('user', 'system', 'developer'), content: chatContent }),
    fc.record({ name: toolName }),
  ),
  fc.record({ role: fc.constant('tool'), tool_call_id: id, content: word }),
  mixed(
    fc.record({ role: fc.constant('assistant'), content: fc.oneof(fc.constant(null), word) }),
    fc.record({ tool_calls: fc.array(chatCall, { minLength: 1 }) }),
    fc.record({ refusal: word }),
    fc.record({ reasoning_content: word }),
    unknownField,
  ),
)
/** The same for Chat Completions. */
export const chatDocument = mixed(
  fc.record({ model: word, messages: fc.array(chatMessage, { maxLength: 6 }) }),
  fc.record({
    tools: fc.array(
      fc.oneof(
        mixed(
          fc.record({
            type: fc.constant('function'),
            function: mixed(
              fc.record({ name: toolName, parameters: schema, strict: fc.boolean() }),
              unknownField,
            ),
          }),
        ),
        fc.record({
          type: fc.constant('custom'),
          custom: fc.record({ name: toolName, format: fc.constant({ type: 'text' }) }),
        }),
      ),
    ),
  }),
  fc.record({
    tool_choice: fc.constantFrom(
      'auto',
      'required',
      { type: 'function', function: { name: chosenFunction } },
      { type: 'allowed_tools', allowed_tools: {} },
    ),
    parallel_tool_calls: fc.boolean(),
  }),
  fc.record({
    response_format: fc.constantFrom(
      { type: 'json_object' },
      { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
    ),
  }),
  fc.record({ reasoning_effort: fc.constantFrom('none', 'minimal', 'xhigh') }),
  fc.oneof(fc.record({ max_tokens: fc.nat() }), fc.record({ max_completion_tokens: fc.nat() })),
  fc.record({
    temperature: fc.constant(1.5),
    seed: fc.nat(),
    n: fc.constant(2),
    logprobs: fc.constant(true),
    frequency_penalty: fc.constant(1),
    stop: fc.array(word, { maxLength: 4 }),
  }),
  fc.constant({ stream: true, stream_options: { include_usage: true, include_obfuscation: false } }),
  fc.record({ user: word, service_tier: fc.constant('flex'), metadata: fc.constant({ a: 'b' }) }),
  unknownField,
)

const names = mixed(fc.record({ id }), fc.record({ status: fc.constant('completed') }))
const named = (base: fc.Arbitrary<object>, ...more: fc.Arbitrary<object>[]): fc.Arbitrary<Json> =>
  fc.tuple(mixed(base, ...more, unknownField), names).map(([item, name]) => ({ ...item, ...name }))
const inputPart = fc.oneof(
  mixed(
    fc.record({ type: fc.constant('input_text'), text: word }),
    fc.constant({ prompt_cache_breakpoint: { mode: 'explicit' } }),
  ),
  mixed(
    fc.record({
      type: fc.constant('input_image'),
      image_url: fc.oneof(
        fc.webUrl(),
        fc.base64String().map((data) => `data:image/png;base64,${data}`),
      ),
    }),
    fc.record({ detail: fc.constantFrom('low', 'auto') }),
  ),
  fc.record({ type: fc.constant('input_image'), file_id: word }),
  fc.record({ type: fc.constant('input_file'), file_url: fc.webUrl(), filename: word }),
  fc.record({
    type: fc.constant('input_file'),
    file_data: fc.base64String().map((data) => `data:application/pdf;base64,${data}`),
  }),
  fc.record({ type: fc.constant('some_future_part'), value: word }),
)
const outputPart = fc.oneof(
  fc.record({
    type: fc.constant('output_text'),
    text: word,
    annotations: fc.constantFrom([], [{ type: 'url_citation', url: 'https://example.com' }]),
  }),
  fc.record({ type: fc.constant('refusal'), refusal: fc.constant('No.') }),
)
const toolOutput = {
  call_id: id,
  output: fc.oneof(word, fc.array(inputPart, { minLength: 2, maxLength: 3 })),
}
const responsesItem = fc.oneof(
  named(
    fc.record({
      type: fc.constant('message'),
      role: fc.constantFrom('user', 'system', 'developer'),
      content: fc.array(inputPart, { minLength: 1, maxLength: 3 }),
    }),
  ),
  named(
    fc.record({
      type: fc.constant('message'),
      role: fc.constant('assistant'),
      content: fc.array(outputPart, { minLength: 1, maxLength: 3 }),
    }),
    fc.constant({ phase: 'commentary' }),
  ),
  named(
    fc.record({
      type: fc.constant('reasoning'),
      summary: fc.array(fc.record({ type: fc.constant('summary_text'), text: word }), { maxLength: 2 }),
    }),
    fc.record({ encrypted_content: fc.base64String({ minLength: 4 }) }),
    fc.record({ content: fc.array(fc.record({ type: fc.constant('reasoning_text'), text: word })) }),
  ),
  named(
    fc.record({
      type: fc.constant('function_call'),
      call_id: id,
      name: toolName,
      arguments: input.map((value) => JSON.stringify(value)),
    }),
    fc.record({ namespace: toolName }),
  ),
  named(fc.record({ type: fc.constant('custom_tool_call'), call_id: id, name: toolName, input: word })),
  named(
    fc.record({ type: fc.constantFrom('function_call_output', 'custom_tool_call_output'), ...toolOutput }),
  ),
  fc.record({ type: fc.constant('item_reference'), id }),
  named(fc.record({ type: fc.constantFrom('web_search_call', 'tool_search_call', 'compaction') })),
)
const plainTool = fc.oneof(
  mixed(
    fc.record({ type: fc.constant('function'), name: toolName, parameters: schema, strict: fc.boolean() }),
    unknownField,
  ),
  fc.record({
    type: fc.constant('custom'),
    name: toolName,
    format: fc.constantFrom({ type: 'text' }, { type: 'grammar', syntax: 'lark', definition: 'start: "x"' }),
  }),
)
/** The same for Responses. */
export const responsesDocument = mixed(
  fc.record({ model: word, input: fc.array(responsesItem, { maxLength: 8 }) }),
  fc.record({ instructions: word }),
  fc.record({
    tools: fc.array(
      fc.oneof(
        plainTool,
        fc.record({
          type: fc.constant('namespace'),
          name: toolName,
          description: word,
          tools: fc.array(plainTool, { maxLength: 3 }),
        }),
        fc.record({
          type: fc.constant('namespace'),
          name: toolName,
          tools: fc.constant([{ type: 'some_future_tool' }]),
        }),
        fc.record({ type: fc.constantFrom('web_search', 'tool_search'), execution: word }),
      ),
    ),
  }),
  fc.record({
    tool_choice: fc.constantFrom(
      'auto',
      'required',
      { type: 'function', name: chosenFunction },
      { type: 'allowed_tools', mode: 'auto', tools: [] },
    ),
    parallel_tool_calls: fc.boolean(),
  }),
  fc.record({
    text: fc.constantFrom(
      { verbosity: 'low' },
      { format: { type: 'json_object' } },
      {
        format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true },
        verbosity: 'high',
      },
    ),
  }),
  fc.record({
    reasoning: fc.constantFrom(
      { summary: 'auto' },
      { effort: 'none' },
      { effort: 'xhigh', summary: 'detailed' },
    ),
  }),
  fc.record({ max_output_tokens: fc.nat(), temperature: fc.constant(1.5), top_p: fc.constant(0.9) }),
  fc.record({ top_logprobs: fc.nat({ max: 20 }), user: word, service_tier: fc.constant('flex') }),
  fc.record({
    store: fc.boolean(),
    include: fc.constant(['reasoning.encrypted_content']),
    prompt_cache_key: word,
    previous_response_id: word,
    metadata: fc.constant({ a: 'b' }),
    client_metadata: fc.constant({ turn_id: 't' }),
  }),
  fc.constant({ stream: true, stream_options: { include_obfuscation: false } }),
  unknownField,
)
