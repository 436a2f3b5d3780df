import { field } from './field-case.ts'
import type { FieldCase, Json } from './field-case.ts'

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const IN_URL = { gemini: 'said in the URL' }

// ---- Responses

const hi = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi.' }] }
const input = (...items: Json[]): Json => ({ input: [hi, ...items] })
const part = (one: Json): Json => ({
  input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi.' }, one] }],
})
const call = { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Rome"}' }
const customCall = { type: 'custom_tool_call', call_id: 'call_1', name: 'patch', input: 'x' }
const tool = (fields: Json): Json => ({
  tools: [{ type: 'function', name: 'weather', parameters: schema, ...fields }],
})
const said = (fields: Json): Json => input({ type: 'message', role: 'assistant', content: [fields] })

export const responsesRequests: readonly FieldCase[] = [
  field('`instructions`', { instructions: 'Be brief.' }),
  field(
    '`message` of role `developer`, later',
    input({ type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Hurry.' }] }),
  ),
  field(
    '`input_image`, data',
    part({ type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=' }),
  ),
  field('`input_image`, url', part({ type: 'input_image', image_url: 'https://example.com/a.png' })),
  field(
    '`input_image.detail`',
    part({ type: 'input_image', image_url: 'https://example.com/a.png', detail: 'low' }),
  ),
  field('`input_image`, file', part({ type: 'input_image', file_id: 'file-1' })),
  field(
    '`input_file`, data',
    part({ type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' }),
  ),
  field('`input_file`, url', part({ type: 'input_file', file_url: 'https://example.com/a.pdf' })),
  field(
    '`output_text.annotations`',
    said({
      type: 'output_text',
      text: 'Yes.',
      annotations: [{ type: 'url_citation', url: 'https://example.com' }],
    }),
  ),
  field('`refusal`', said({ type: 'refusal', refusal: 'No.' })),
  field(
    '`reasoning.summary`',
    input({ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] }),
  ),
  field(
    '`reasoning.encrypted_content`',
    input({ type: 'reasoning', summary: [], encrypted_content: 'ZW5j' }),
  ),
  field(
    '`function_call`',
    input(call, { type: 'function_call_output', call_id: 'call_1', output: 'Sunny.' }),
  ),
  field('`function_call.namespace`', input({ ...call, namespace: 'mcp' })),
  field(
    '`function_call_output`, image',
    input(call, {
      type: 'function_call_output',
      call_id: 'call_1',
      output: [{ type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=' }],
    }),
  ),
  field('`custom_tool_call`', input(customCall)),
  field(
    '`custom_tool_call_output`',
    input(customCall, {
      type: 'custom_tool_call_output',
      call_id: 'call_1',
      output: 'Done.',
    }),
  ),
  field('`item_reference`', input({ type: 'item_reference', id: 'msg_1' })),
  field('`web_search_call`', input({ type: 'web_search_call', id: 'ws_1', status: 'completed' })),
  field('`tools[]`, function', tool({ description: 'Weather.' })),
  field('`tools[].strict`', tool({ strict: true })),
  field('`tools[]`, custom with a grammar', {
    tools: [
      {
        type: 'custom',
        name: 'patch',
        format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
      },
    ],
  }),
  field('`tools[]`, namespace', {
    tools: [
      { type: 'namespace', name: 'mcp', description: 'M.', tools: [{ type: 'function', name: 'ping' }] },
    ],
  }),
  field('`tools[]`, web_search', { tools: [{ type: 'web_search' }] }),
  field('`tool_choice` required', { ...tool({}), tool_choice: 'required' }),
  field('`tool_choice` function', { ...tool({}), tool_choice: { type: 'function', name: 'weather' } }),
  field('`parallel_tool_calls` false', { ...tool({}), parallel_tool_calls: false }),
  field('`text.format` json_schema', {
    text: { format: { type: 'json_schema', name: 'n', schema, strict: true } },
  }),
  field('`text.verbosity`', { text: { verbosity: 'low' } }),
  field('`reasoning.effort`', { reasoning: { effort: 'low' } }),
  field('`reasoning.summary` of the answer', { reasoning: { summary: 'auto' } }),
  field('`max_output_tokens`', { max_output_tokens: 5000 }),
  field('`temperature`', { temperature: 0.5 }),
  field('`top_p`', { top_p: 0.5 }),
  field('`top_logprobs`', { top_logprobs: 3 }),
  field('`stream`', { stream: true }, IN_URL),
  field('`user`', { user: 'u' }),
  field('`service_tier` flex', { service_tier: 'flex' }),
  field('`metadata`', { metadata: { a: 'b' } }),
  field('`previous_response_id`', { previous_response_id: 'resp_1' }),
  field('`store`', { store: true }),
  field('`include`', { include: ['reasoning.encrypted_content'] }),
  field('`prompt_cache_key`', { prompt_cache_key: 'k' }),
  field('`truncation`', { truncation: 'auto' }),
  field('any other field', { some_future_field: 1 }),
]

// ---- generateContent

const parts = (...more: Json[]): Json => ({ contents: [{ role: 'user', parts: [{ text: 'Hi.' }, ...more] }] })
const model = (...more: Json[]): Json => ({
  contents: [
    { role: 'user', parts: [{ text: 'Hi.' }] },
    { role: 'model', parts: more },
    { role: 'user', parts: [{ text: 'Go on.' }] },
  ],
})
const functionCall = { name: 'weather', args: { city: 'Rome' } }
const response = (fields: Json): Json => ({
  contents: [
    { role: 'user', parts: [{ text: 'Hi.' }] },
    { role: 'model', parts: [{ functionCall }] },
    { role: 'user', parts: [{ functionResponse: { name: 'weather', ...fields } }] },
  ],
})
const config = (fields: Json): Json => ({ generationConfig: { maxOutputTokens: 8000, ...fields } })
const declared = { tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: schema }] }] }
const choice = (fields: Json): Json => ({ ...declared, toolConfig: { functionCallingConfig: fields } })

export const geminiRequests: readonly FieldCase[] = [
  field('`systemInstruction`', { systemInstruction: { parts: [{ text: 'Be brief.' }] } }),
  field('`system_instruction` (any field in snake_case)', {
    system_instruction: { parts: [{ text: 'Be brief.' }] },
  }),
  field('`inlineData`, image', parts({ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } })),
  field('`inlineData`, pdf', parts({ inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } })),
  field('`inlineData`, audio', parts({ inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } })),
  field('`inlineData`, video', parts({ inlineData: { mimeType: 'video/mp4', data: 'AAAA' } })),
  field(
    '`fileData`, url',
    parts({ fileData: { mimeType: 'image/png', fileUri: 'https://example.com/a.png' } }),
  ),
  field(
    '`fileData`, uploaded',
    parts({
      fileData: {
        mimeType: 'image/png',
        fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/f',
      },
    }),
  ),
  field(
    '`thought` with `thoughtSignature`',
    model({ text: 'Hm.', thought: true, thoughtSignature: 'CgSig' }, { text: 'Yes.' }),
  ),
  field('`functionCall`', model({ functionCall })),
  field('`functionCall` with `thoughtSignature`', model({ functionCall, thoughtSignature: 'CgSig' })),
  field('`functionResponse`', response({ response: { output: 'Sunny.' } })),
  field('`functionResponse` with `error`', response({ response: { error: 'No.' } })),
  field(
    '`functionResponse.parts`',
    response({
      response: { output: 'Sunny.' },
      parts: [{ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }],
    }),
  ),
  field('`executableCode`', model({ executableCode: { language: 'PYTHON', code: '1' } })),
  field('`tools[].functionDeclarations`', declared),
  field('`tools[].functionDeclarations[].behavior`', {
    tools: [{ functionDeclarations: [{ name: 'weather', behavior: 'NON_BLOCKING' }] }],
  }),
  field('`tools[].googleSearch`', { tools: [{ googleSearch: {} }] }),
  field('`functionCallingConfig` AUTO', choice({ mode: 'AUTO' })),
  field('`functionCallingConfig` ANY', choice({ mode: 'ANY' })),
  field('`functionCallingConfig` NONE', choice({ mode: 'NONE' })),
  field('`allowedFunctionNames`, one', choice({ mode: 'ANY', allowedFunctionNames: ['weather'] })),
  field(
    '`allowedFunctionNames`, several',
    choice({ mode: 'ANY', allowedFunctionNames: ['weather', 'time'] }),
  ),
  field('`maxOutputTokens`', config({ maxOutputTokens: 5000 })),
  field('`temperature`', config({ temperature: 0.5 })),
  field('`topP`', config({ topP: 0.5 })),
  field('`topK`', config({ topK: 5 })),
  field('`stopSequences`', config({ stopSequences: ['END'] })),
  field('`seed`', config({ seed: 7 })),
  field('`presencePenalty`', config({ presencePenalty: 1 })),
  field('`frequencyPenalty`', config({ frequencyPenalty: 1 })),
  field('`candidateCount` above 1', config({ candidateCount: 2 })),
  field('`responseLogprobs`', config({ responseLogprobs: true, logprobs: 3 })),
  field('`responseMimeType` JSON', config({ responseMimeType: 'application/json' })),
  field('`responseSchema`', config({ responseMimeType: 'application/json', responseSchema: schema })),
  field('`responseModalities`', config({ responseModalities: ['IMAGE'] })),
  field('`thinkingBudget`', config({ thinkingConfig: { thinkingBudget: 2000 } })),
  field('`thinkingBudget` 0', config({ thinkingConfig: { thinkingBudget: 0 } })),
  field('`thinkingBudget` -1', config({ thinkingConfig: { thinkingBudget: -1 } })),
  field('`thinkingLevel`', config({ thinkingConfig: { thinkingLevel: 'LOW' } })),
  field('`includeThoughts`', config({ thinkingConfig: { includeThoughts: true } })),
  field('`safetySettings`', { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }] }),
  field('`cachedContent`', { cachedContent: 'cachedContents/c' }),
  field('`labels`', { labels: { a: 'b' } }),
  field('any other field', { someFutureField: 1 }),
]
