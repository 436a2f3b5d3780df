/** Answers as the vendors give them, small but whole. */
export const anthropicJson = {
  id: 'msg_01',
  type: 'message',
  role: 'assistant',
  model: 'claude-up',
  content: [{ type: 'text', text: 'Hello there' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 5, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
}

export const anthropicToolJson = {
  ...anthropicJson,
  content: [{ type: 'tool_use', id: 'toolu_01', name: 'weather', input: { city: 'Paris' } }],
  stop_reason: 'tool_use',
}

function event(type: string, fields: Record<string, unknown> = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
}

const messageStart = event('message_start', {
  message: {
    id: 'msg_01',
    type: 'message',
    role: 'assistant',
    model: 'claude-up',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 12, output_tokens: 1 },
  },
})

function messageEnd(reason: string): string {
  return (
    event('message_delta', {
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: 5 },
    }) + event('message_stop')
  )
}

/** The beginning of a stream, up to and with its first words. */
export const anthropicHead =
  messageStart +
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hello' } })

export const anthropicSse =
  anthropicHead +
  event('ping') +
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: ' there' } }) +
  event('content_block_stop', { index: 0 }) +
  messageEnd('end_turn')

export const anthropicToolSse =
  messageStart +
  event('content_block_start', {
    index: 0,
    content_block: { type: 'tool_use', id: 'toolu_01', name: 'weather', input: {} },
  }) +
  event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: '{"city":' } }) +
  event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: '"Paris"}' } }) +
  event('content_block_stop', { index: 0 }) +
  messageEnd('tool_use')

export const anthropicErrorEvent = event('error', {
  error: { type: 'overloaded_error', message: 'Overloaded' },
})

const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 }

export const openaiJson = {
  id: 'chatcmpl-01',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-up',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello there' }, finish_reason: 'stop' }],
  usage,
}

const call = { id: 'call_01', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }

export const openaiToolJson = {
  ...openaiJson,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: null, tool_calls: [call] },
      finish_reason: 'tool_calls',
    },
  ],
}

function chunk(delta: unknown, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return `data: ${JSON.stringify({ id: 'chatcmpl-01', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-up', choices })}\n\n`
}

const usageChunk = `data: ${JSON.stringify({ id: 'chatcmpl-01', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-up', choices: [], usage })}\n\n`

export const openaiHead = chunk({ role: 'assistant', content: '' }) + chunk({ content: 'Hello' })

export const openaiSse =
  openaiHead + chunk({ content: ' there' }) + chunk({}, 'stop') + usageChunk + 'data: [DONE]\n\n'

export const openaiToolSse =
  chunk({ role: 'assistant', content: null }) +
  chunk({
    tool_calls: [{ index: 0, id: 'call_01', type: 'function', function: { name: 'weather', arguments: '' } }],
  }) +
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }) +
  chunk({ tool_calls: [{ index: 0, function: { arguments: '"Paris"}' } }] }) +
  chunk({}, 'tool_calls') +
  usageChunk +
  'data: [DONE]\n\n'
