// A stand-in for a vendor: answers at once with a fixed JSON answer or a fixed stream, in the two formats.
import { createServer } from 'node:http'

const text = 'The quick brown fox jumps over the lazy dog. '
const usageChat = { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 }
const chatJson = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'bench',
  choices: [{ index: 0, message: { role: 'assistant', content: text.repeat(20) }, finish_reason: 'stop' }],
  usage: usageChat,
})
const anthropicJson = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'bench',
  content: [{ type: 'text', text: text.repeat(20) }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 100, output_tokens: 50 },
})

const EVENTS = 100
const anthropicEvents = [
  event({
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'bench',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 100, output_tokens: 1 },
    },
  }),
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  ...Array.from({ length: EVENTS }, () =>
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  ),
  event({ type: 'content_block_stop', index: 0 }),
  event({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 50 },
  }),
  event({ type: 'message_stop' }),
].map((part) => Buffer.from(part))

function event(data) {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
}

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const chat = request.url.includes('chat')
    const stream = Buffer.concat(chunks).includes('"stream":true')
    if (!stream) {
      const body = chat ? chatJson : anthropicJson
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let next = 0
    const pump = () => {
      if (next === anthropicEvents.length) return response.end()
      response.write(anthropicEvents[next])
      next += 1
      return setImmediate(pump)
    }
    pump()
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }))
process.on('disconnect', () => process.exit(0))
