// A stand-in for a vendor: answers at once with a fixed JSON answer or a fixed stream, in the two formats. A stream that is
// asked for with `"hold"` in it begins and stays open: `pulse` sends one more event on each, `finish` ends them all.
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

const held = new Set()
const DELTA = anthropicEvents[2]

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    if (body.includes('"hold"')) hold(response)
    else if (body.includes('"stream":true')) stream(response)
    else answer(response, request.url.includes('chat') ? chatJson : anthropicJson)
  })
})

function answer(response, body) {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function stream(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  let next = 0
  const pump = () => {
    if (next === anthropicEvents.length) return response.end()
    response.write(anthropicEvents[next])
    next += 1
    return setImmediate(pump)
  }
  pump()
}

function hold(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(Buffer.concat(anthropicEvents.slice(0, 3)))
  held.add(response)
  response.once('close', () => held.delete(response))
}

server.keepAliveTimeout = 60_000
server.listen({ port: 0, host: '127.0.0.1', backlog: 8192 }, () =>
  process.send({ url: `http://127.0.0.1:${server.address().port}` }),
)
process.on('message', (word) => {
  if (word === 'pulse') for (const response of held) response.write(DELTA)
  else for (const response of held) response.end(Buffer.concat(anthropicEvents.slice(-3)))
  process.send({ held: held.size })
})
process.on('disconnect', () => process.exit(0))
