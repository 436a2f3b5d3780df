import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Seen {
  readonly authorization: string | undefined
  readonly model: string
  /** The whole body as text. */
  readonly text: string
}

/** A server of the Messages API on loopback that gives scripted answers, the last one again and again. */
export interface MessagesUpstream {
  readonly url: string
  readonly requests: Seen[]
  answers: ((response: ServerResponse) => void)[]
  [Symbol.asyncDispose](): Promise<void>
}

export async function startMessagesUpstream(): Promise<MessagesUpstream> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      if (request.method !== 'POST') return response.writeHead(404).end()
      const body: { model: string; tools?: unknown[] } = JSON.parse(text)
      // Some versions ask for a title of the session first, without tools.
      if (body.tools === undefined || body.tools.length === 0) return says('A title')(response)
      upstream.requests.push({ authorization: request.headers.authorization, model: body.model, text })
      const answer = upstream.answers.length > 1 ? upstream.answers.shift() : upstream.answers[0]
      return answer?.(response)
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const upstream: MessagesUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    answers: [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  return upstream
}

function stream(block: object, delta: object, stopReason: string) {
  const usage = { input_tokens: 10, output_tokens: 5 }
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage }
  const events = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage },
    { type: 'message_stop' },
  ]
  return (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    response.end()
  }
}

export function says(text: string) {
  return stream({ type: 'text', text: '' }, { type: 'text_delta', text }, 'end_turn')
}

export function calls(name: string, input: unknown) {
  const delta = { type: 'input_json_delta', partial_json: JSON.stringify(input) }
  return stream({ type: 'tool_use', id: 'toolu_1', name, input: {} }, delta, 'tool_use')
}

export function refuses(status: number, type: string) {
  return (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ type: 'error', error: { type, message: 'simulated refusal' } }))
  }
}
