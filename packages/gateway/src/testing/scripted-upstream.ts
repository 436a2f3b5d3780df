import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as an upstream saw it. */
export interface SeenRequest {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Requests over one connection have the same number. */
  readonly connection: number
  /** Settles when the connection of this request is gone. */
  readonly closed: Promise<void>
}

export type Script = (response: ServerResponse, request: SeenRequest) => void

/** A vendor's server on loopback that answers as a test tells it to. */
export class ScriptedUpstream {
  readonly seen: SeenRequest[] = []
  script: Script = (response) => response.writeHead(500).end()
  readonly #server = createServer((request, response) => void this.#serve(request, response))

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const closed = new Promise<void>((resolve) => response.once('close', resolve))
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { url = '', headers, socket } = request
    const connection = socket.remotePort ?? 0
    const seen = { url, headers, body: Buffer.concat(chunks), connection, closed }
    this.seen.push(seen)
    this.script(response, seen)
  }
}

/** Answers with one JSON document. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Script {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
}

/** Answers with a stream: all of it, and then its proper end. */
export function sse(text: string, headers: Record<string, string> = {}): Script {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers }).end(text)
  }
}

/** Begins a stream and then cuts the connection. */
export function cut(text: string, type = 'text/event-stream'): Script {
  return (response) => {
    response.writeHead(200, { 'content-type': type })
    response.write(text, () => setTimeout(() => response.destroy(), 30))
  }
}
