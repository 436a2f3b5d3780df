// The reference for translation: the least that is right for text and tools. An OpenAI chat client before an Anthropic
// upstream: parse once, map, serialise once, and the stream back event by event, on the same bare proxy.
import { createServer } from 'node:http'
import { Pool } from 'undici'

const pool = new Pool(process.argv[2])
const STOP = { end_turn: 'stop', max_tokens: 'length', stop_sequence: 'stop', tool_use: 'tool_calls' }

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const asked = JSON.parse(Buffer.concat(chunks).toString())
    const body = JSON.stringify(toAnthropic(asked))
    const headers = { 'content-type': 'application/json' }
    pool.dispatch(
      { path: '/v1/messages', method: 'POST', headers, body },
      asked.stream ? streamBack(response, asked.model) : jsonBack(response, asked.model),
    )
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }))
process.on('disconnect', () => process.exit(0))

function toAnthropic({ model, max_tokens, stream, messages, tools }) {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content)
  return {
    model: model.slice(model.indexOf('/') + 1),
    max_tokens,
    stream,
    ...(system.length > 0 && { system: system.join('\n') }),
    ...(tools !== undefined && {
      tools: tools.map(({ function: { name, description, parameters } }) => ({
        name,
        description,
        input_schema: parameters,
      })),
    }),
    messages: messages.filter(({ role }) => role !== 'system').map(toMessage),
  }
}

function toMessage({ role, content, tool_calls, tool_call_id }) {
  if (role === 'tool')
    return { role: 'user', content: [{ type: 'tool_result', tool_use_id: tool_call_id, content }] }
  if (tool_calls === undefined) return { role, content }
  const calls = tool_calls.map(({ id, function: { name, arguments: args } }) => ({
    type: 'tool_use',
    id,
    name,
    input: JSON.parse(args),
  }))
  return { role, content: [...(content ? [{ type: 'text', text: content }] : []), ...calls] }
}

function jsonBack(response, model) {
  const chunks = []
  return {
    onRequestStart() {},
    onResponseStart() {},
    onResponseData(_controller, chunk) {
      chunks.push(chunk)
    },
    onResponseEnd() {
      const { id, content, stop_reason, usage } = JSON.parse(Buffer.concat(chunks).toString())
      const text = content.filter(({ type }) => type === 'text').map((block) => block.text)
      const calls = content
        .filter(({ type }) => type === 'tool_use')
        .map((block) => ({
          id: block.id,
          type: 'function',
          function: { name: block.name, arguments: JSON.stringify(block.input) },
        }))
      const message = {
        role: 'assistant',
        content: text.join(''),
        ...(calls.length > 0 && { tool_calls: calls }),
      }
      const body = JSON.stringify({
        id,
        object: 'chat.completion',
        created: Math.floor(Date.now() / 1000),
        model,
        choices: [{ index: 0, message, finish_reason: STOP[stop_reason] }],
        usage: toUsage(usage),
      })
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    },
    onResponseError() {
      response.destroy()
    },
  }
}

function streamBack(response, model) {
  const decoder = new TextDecoder()
  const state = { id: '', model, created: Math.floor(Date.now() / 1000), call: -1 }
  let rest = ''
  return {
    onRequestStart() {},
    onResponseStart(controller) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.on('drain', () => controller.resume())
    },
    onResponseData(controller, chunk) {
      const events = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
      rest = events.pop()
      let out = ''
      for (const event of events) {
        const at = event.indexOf('data: ')
        if (at >= 0) out += toChunk(JSON.parse(event.slice(at + 6)), state)
      }
      if (out !== '' && !response.write(out)) controller.pause()
    },
    onResponseEnd() {
      response.end()
    },
    onResponseError() {
      response.destroy()
    },
  }
}

function toChunk(event, state) {
  switch (event.type) {
    case 'message_start':
      state.id = event.message.id
      return write(state, { role: 'assistant', content: '' })
    case 'content_block_start': {
      if (event.content_block.type !== 'tool_use') return ''
      const { id, name } = event.content_block
      state.call += 1
      return write(state, {
        tool_calls: [{ index: state.call, id, type: 'function', function: { name, arguments: '' } }],
      })
    }
    case 'content_block_delta':
      if (event.delta.type === 'text_delta') return write(state, { content: event.delta.text })
      if (event.delta.type !== 'input_json_delta') return ''
      return write(state, {
        tool_calls: [{ index: state.call, function: { arguments: event.delta.partial_json } }],
      })
    case 'message_delta':
      return write(state, {}, STOP[event.delta.stop_reason])
    case 'message_stop':
      return 'data: [DONE]\n\n'
    default:
      return ''
  }
}

function write({ id, model, created }, delta, finish = null) {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices })}\n\n`
}

function toUsage({ input_tokens, output_tokens }) {
  return {
    prompt_tokens: input_tokens,
    completion_tokens: output_tokens,
    total_tokens: input_tokens + output_tokens,
  }
}
