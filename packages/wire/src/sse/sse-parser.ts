/** One event of a server-sent event stream (WHATWG HTML, section 9.2). */
export interface SseEvent {
  /** The `event:` field; empty when the stream did not name it. */
  readonly event: string
  readonly data: string
}

export interface SseParserOptions {
  /** Longest line and longest event taken, in bytes. Default 16 MiB. */
  readonly maxLineBytes?: number
}

export interface SseParser {
  /** Whole events that these bytes completed. Nothing more comes once `overflowed`. */
  push(chunk: Uint8Array): SseEvent[]
  /** The last event, if the stream ended without its blank line. */
  end(): SseEvent[]
  /** A line or event was longer than allowed; parsing has stopped. */
  readonly overflowed: boolean
}

export const DEFAULT_MAX_LINE_BYTES = 16 * 1024 * 1024

/** Parses server-sent events from bytes cut anywhere. Takes LF, CRLF and CR; a BOM and comments are skipped. */
export function createSseParser(options: SseParserOptions = {}): SseParser {
  return new ByteParser(options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES)
}

class ByteParser implements SseParser {
  readonly #maxBytes: number
  readonly #decoder = new TextDecoder()
  /** Pieces of a line whose end has not come; joined once, so that many small chunks stay linear. */
  #partial: string[] = []
  #partialBytes = 0
  #skipLineFeed = false
  #event = ''
  #data: string[] = []
  #dataBytes = 0
  #out: SseEvent[] = []
  overflowed = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(chunk: Uint8Array): SseEvent[] {
    if (!this.overflowed) this.#takeText(this.#decoder.decode(chunk, { stream: true }))
    return this.#drain()
  }

  end(): SseEvent[] {
    if (!this.overflowed) this.#takeText(this.#decoder.decode())
    if (this.#partial.length > 0) this.#takeLine('')
    if (!this.overflowed) this.#dispatch()
    return this.#drain()
  }

  #drain(): SseEvent[] {
    const events = this.#out
    this.#out = []
    return events
  }

  #takeText(text: string): void {
    let from = this.#skipLineFeed && text.startsWith('\n') ? 1 : 0
    if (text !== '') this.#skipLineFeed = false
    let feed = text.indexOf('\n', from)
    let carriage = text.indexOf('\r', from)
    while (feed !== -1 || carriage !== -1) {
      const isFeed = carriage === -1 || (feed !== -1 && feed < carriage)
      const at = isFeed ? feed : carriage
      this.#takeLine(text.slice(from, at))
      if (this.overflowed) return
      from = at + 1
      if (!isFeed && from === text.length) this.#skipLineFeed = true
      else if (!isFeed && text.charCodeAt(from) === 0x0a) from += 1
      // Each kind of line end is searched for only once it was passed, so a stream with one kind stays linear.
      if (feed !== -1 && feed < from) feed = text.indexOf('\n', from)
      if (carriage !== -1 && carriage < from) carriage = text.indexOf('\r', from)
    }
    if (from < text.length) this.#keepPartial(from === 0 ? text : text.slice(from))
  }

  #keepPartial(text: string): void {
    this.#partial.push(text)
    this.#partialBytes += Buffer.byteLength(text)
    if (this.#partialBytes > this.#maxBytes) this.#overflow()
  }

  #takeLine(last: string): void {
    const line = this.#partial.length === 0 ? last : this.#partial.join('') + last
    const bytes = this.#partialBytes + Buffer.byteLength(last)
    this.#partial = []
    this.#partialBytes = 0
    if (bytes > this.#maxBytes) this.#overflow()
    else if (line === '') this.#dispatch()
    else this.#takeField(line)
  }

  #takeField(line: string): void {
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const from = line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1
    const value = colon === -1 ? '' : line.slice(from)
    if (name === 'event') this.#event = value
    if (name !== 'data') return
    this.#data.push(value)
    this.#dataBytes += Buffer.byteLength(value)
    if (this.#dataBytes > this.#maxBytes) this.#overflow()
  }

  #dispatch(): void {
    if (this.#data.length > 0) this.#out.push({ event: this.#event, data: this.#data.join('\n') })
    this.#event = ''
    this.#data = []
    this.#dataBytes = 0
  }

  #overflow(): void {
    this.overflowed = true
    this.#partial = []
    this.#data = []
  }
}
