import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { ModelError } from '@agentproxy/plugin'
import type { Format, StreamWriter } from '@agentproxy/wire'
import { LossReport } from '@agentproxy/wire'

/** How long a client may take to read the error a broken stream ends in. */
const LAST_WORDS_MS = 5_000

/** The client's end of an exchange: an answer in its dialect, whole or as a stream, and honest ways to fail. */
export class ClientAnswer {
  readonly format: Format
  readonly #raw: ServerResponse
  #writer: StreamWriter | null = null
  readonly #headers: OutgoingHttpHeaders = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  }

  constructor(raw: ServerResponse, format: Format) {
    this.#raw = raw
    this.format = format
    // A write that meets a closed connection reports here; the close event ends the exchange.
    raw.on('error', () => {})
  }

  /** What the client was told first; null before that. */
  head: { readonly status: number; readonly headers: OutgoingHttpHeaders } | null = null

  /** Sent with whatever answer comes; must be set before it starts. */
  setHeader(name: string, value: string): void {
    this.#headers[name] = value
  }

  /** Takes back what `setHeader` set. */
  removeHeader(name: string): void {
    delete this.#headers[name]
  }

  /** true once the status line is out: from here on an error can only be told inside the stream. */
  get started(): boolean {
    return this.#raw.headersSent
  }

  /** The status the client got, or null before there is one. */
  get status(): number | null {
    return this.started ? this.#raw.statusCode : null
  }

  /** true once nobody can be answered any more. */
  get closed(): boolean {
    return this.#raw.closed || this.#raw.destroyed
  }

  onceClosed(listener: () => void): void {
    this.#raw.once('close', listener)
  }

  onDrain(listener: () => void): void {
    this.#raw.on('drain', listener)
  }

  send(status: number, headers: OutgoingHttpHeaders, body: Buffer | string): void {
    if (this.started || this.closed) return
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.head = { status, headers }
    this.#raw.writeHead(status, Object.assign(this.#headers, headers, { 'content-length': bytes.length }))
    this.#raw.end(bytes)
  }

  sendError(error: ModelError): void {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (error.retryAfterMs !== null) headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000))
    this.send(error.status, headers, JSON.stringify(this.format.writeError(error)))
  }

  /** Who writes the stream under way, so that an error is told within it; a stream that is relayed has none. */
  useWriter(writer: StreamWriter): void {
    this.#writer = writer
  }

  /** Starts a stream. */
  open(status: number, headers: OutgoingHttpHeaders): void {
    this.head = { status, headers }
    if (!this.closed) this.#raw.writeHead(status, Object.assign(this.#headers, headers))
  }

  /** false = hold the upstream until `onDrain`'s listener is called. */
  write(chunk: Buffer | string): boolean {
    return this.#raw.write(chunk)
  }

  end(): void {
    this.#raw.end()
  }

  /**
   * Ends a started stream that went wrong: an error event of the client's format, then the connection is closed without
   * the end of the chunked body, so that not even a client deaf to error events can take the stream for a whole one.
   */
  breakOff(error: ModelError, lead: string): void {
    const writer = this.#writer ?? this.format.createStreamWriter(new LossReport())
    const text = writer.write({ type: 'error', error })
    const close = (): void => void this.#raw.destroy()
    // A client that does not read must not keep the connection for ever.
    const timer = setTimeout(close, LAST_WORDS_MS)
    this.#raw.once('close', () => clearTimeout(timer))
    this.#raw.write(lead + text, close)
  }

  /** Closes the connection without a word. */
  drop(): void {
    this.#raw.destroy()
  }
}
