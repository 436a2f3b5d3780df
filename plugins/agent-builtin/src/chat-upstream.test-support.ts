import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface ChatRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: {
    readonly model: string
    readonly messages: readonly {
      readonly role: string
      readonly content?: unknown
      readonly tool_call_id?: string
      readonly tool_calls?: readonly unknown[]
    }[]
  }
}

/** Answers one request. */
export type ChatAnswer = (response: ServerResponse, request: ChatRequest) => void

/** A chat completions server on loopback that gives scripted answers, the last one again and again. */
export interface ChatUpstream {
  readonly url: string
  readonly requests: ChatRequest[]
  answers: ChatAnswer[]
  [Symbol.asyncDispose](): Promise<void>
}

export async function startChatUpstream(): Promise<ChatUpstream> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const seen = { headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) }
      upstream.requests.push(seen)
      const answer = upstream.answers.length > 1 ? upstream.answers.shift() : upstream.answers[0]
      if (request.url !== '/v1/chat/completions' || answer === undefined) response.writeHead(404).end()
      else answer(response, seen)
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const upstream: ChatUpstream = {
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

const chunk = (delta: unknown, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`

const begin = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' })

/** An answer of text, in two pieces. */
export function says(text: string, finish = 'stop'): ChatAnswer {
  return (response) => {
    const half = Math.floor(text.length / 2)
    begin(response).write(chunk({ role: 'assistant', content: text.slice(0, half) }))
    response.write(chunk({ content: text.slice(half) }))
    response.end(`${chunk({}, finish)}data: [DONE]\n\n`)
  }
}

/** An answer that calls tools; an input that is a string is sent as it is, even if it is no JSON. */
export function calls(...wanted: readonly (readonly [name: string, input: unknown])[]): ChatAnswer {
  return (response) => {
    begin(response)
    for (const [index, [name, input]] of wanted.entries()) {
      const text = typeof input === 'string' ? input : JSON.stringify(input)
      const id = `call_${Math.random().toString(36).slice(2)}`
      response.write(
        chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
      )
      response.write(chunk({ tool_calls: [{ index, function: { arguments: text } }] }))
    }
    response.end(`${chunk({}, 'tool_calls')}data: [DONE]\n\n`)
  }
}

export function refuses(status: number, headers: Record<string, string> = {}): ChatAnswer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(
      JSON.stringify({
        error: { message: `simulated refusal ${status}`, type: 'test_error', param: null, code: null },
      }),
    )
  }
}

/** A stream that ends after some text without saying that it is finished. */
export function breaksOff(how: 'ends' | 'destroys'): ChatAnswer {
  return (response) => {
    begin(response).write(chunk({ role: 'assistant', content: 'half an ans' }), () => {
      if (how === 'ends') response.end()
      else setTimeout(() => response.destroy(), 30)
    })
  }
}

/** An error inside the stream. */
export function failsMidway(error: { message: string; type: string }): ChatAnswer {
  return (response) => {
    begin(response).write(chunk({ role: 'assistant', content: 'a start' }))
    response.end(`data: ${JSON.stringify({ error })}\n\n`)
  }
}

/** Never answers. */
export const staysSilent: ChatAnswer = () => {}
