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
  const maxBytes = options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES
  const decoder = new TextDecoder()
  let partial: string[] = []
  let partialBytes = 0
  let skipLineFeed = false
  let event = ''
  let data: string[] = []
  let dataBytes = 0
  let overflowed = false

  const dispatch = (out: SseEvent[]): void => {
    if (data.length > 0) out.push({ event, data: data.length === 1 ? (data[0] ?? '') : data.join('\n') })
    event = ''
    data = []
    dataBytes = 0
  }

  const takeField = (line: string): void => {
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const from = line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1
    const value = colon === -1 ? '' : line.slice(from)
    if (name === 'data') {
      data.push(value)
      dataBytes += Buffer.byteLength(value)
      if (dataBytes > maxBytes) overflowed = true
    } else if (name === 'event') event = value
  }

  const takeLine = (last: string, out: SseEvent[]): void => {
    const line = partial.length === 0 ? last : partial.join('') + last
    if (partialBytes + Buffer.byteLength(last) > maxBytes) overflowed = true
    partial = []
    partialBytes = 0
    if (overflowed) return
    if (line === '') dispatch(out)
    else takeField(line)
  }

  const takeText = (text: string, out: SseEvent[]): void => {
    let from = skipLineFeed && text.startsWith('\n') ? 1 : 0
    if (text !== '') skipLineFeed = false
    let feed = text.indexOf('\n', from)
    let carriage = text.indexOf('\r', from)
    while (!overflowed && (feed !== -1 || carriage !== -1)) {
      const isFeed = carriage === -1 || (feed !== -1 && feed < carriage)
      const at = isFeed ? feed : carriage
      takeLine(text.slice(from, at), out)
      from = at + 1
      if (!isFeed && from === text.length) skipLineFeed = true
      else if (!isFeed && text.charCodeAt(from) === 0x0a) from += 1
      // Each kind of line end is searched for only once it was passed, so a stream with one kind stays linear.
      if (feed !== -1 && feed < from) feed = text.indexOf('\n', from)
      if (carriage !== -1 && carriage < from) carriage = text.indexOf('\r', from)
    }
    if (overflowed || from >= text.length) return
    const rest = from === 0 ? text : text.slice(from)
    partial.push(rest)
    partialBytes += Buffer.byteLength(rest)
    if (partialBytes > maxBytes) overflowed = true
  }

  return {
    push(chunk) {
      const out: SseEvent[] = []
      if (!overflowed) takeText(decoder.decode(chunk, { stream: true }), out)
      return out
    },
    end() {
      const out: SseEvent[] = []
      if (overflowed) return out
      takeText(decoder.decode(), out)
      if (partial.length > 0) takeLine('', out)
      if (!overflowed) dispatch(out)
      return out
    },
    get overflowed() {
      return overflowed
    },
  }
}
