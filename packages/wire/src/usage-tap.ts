import type { Format, StreamReader } from './format.ts'
import { formatOf } from './formats.ts'
import type { ModelError, ModelEvent, ModelUsage } from './model/event.ts'
import type { WireFormat } from './model/format-name.ts'
import { DEFAULT_MAX_LINE_BYTES } from './sse/sse-parser.ts'

/** Watches a passing stream for its usage and its end, without delaying or changing it. */
export interface UsageTap {
  /** The chunk is kept by reference until its last line is complete and must not be changed meanwhile. */
  push(chunk: Uint8Array): void
  /** The stream's own end came; whatever the connection does now, the answer is whole. */
  readonly isOver: boolean
  /** Call once when the bytes end. `missing`: the stream stopped without its terminal event. */
  end(): UsageTapResult
}

export interface UsageTapResult {
  readonly usage: ModelUsage | null
  readonly terminal: 'end' | 'error' | 'missing'
  /** null only when `terminal` is `end`. */
  readonly error: ModelError | null
}

const LF = 0x0a
const CR = 0x0d
const COLON = 0x3a
const LINE_END = Buffer.from('\n')

/** Reads usage as the format's stream reader does, but hands that reader only the events that can matter. */
export function createUsageTap(format: WireFormat): UsageTap {
  return new StreamTap(formatOf(format))
}

class StreamTap implements UsageTap {
  readonly #format: Format
  readonly #reader: StreamReader
  #usage: ModelUsage | null = null
  #terminal: UsageTapResult['terminal'] = 'missing'
  #error: ModelError | null = null
  #partial: Buffer[] = []
  #partialBytes = 0
  /** Lines of the event at hand. */
  #lines: Buffer[] = []
  #heldBytes = 0
  #matters = false
  #hasStarted = false
  #afterCarriage = false

  constructor(format: Format) {
    this.#format = format
    this.#reader = format.createStreamReader()
  }

  get isOver(): boolean {
    return this.#terminal === 'end'
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (this.#isIdle(bytes)) return
    let from = this.#afterCarriage && bytes[0] === LF ? 1 : 0
    if (bytes.length > 0) this.#afterCarriage = false
    let feed = bytes.indexOf(LF, from)
    let carriage = bytes.indexOf(CR, from)
    while (feed !== -1 || carriage !== -1) {
      const isFeed = carriage === -1 || (feed !== -1 && feed < carriage)
      const at = isFeed ? feed : carriage
      this.#takeLine(bytes.subarray(from, at + 1))
      from = at + 1
      if (!isFeed && from === bytes.length) this.#afterCarriage = true
      else if (!isFeed && bytes[from] === LF) from += 1
      if (feed !== -1 && feed < from) feed = bytes.indexOf(LF, from)
      if (carriage !== -1 && carriage < from) carriage = bytes.indexOf(CR, from)
    }
    if (from < bytes.length) this.#keepPartial(bytes.subarray(from))
  }

  end(): UsageTapResult {
    if (this.#partial.length > 0) this.#takeLine(Buffer.alloc(0))
    this.#flushEvent(false)
    this.#take(this.#reader.end())
    return { usage: this.#usage, terminal: this.#terminal, error: this.#error }
  }

  /** Most chunks are whole events that say nothing of usage: one search tells so, and no line is cut out. */
  #isIdle(bytes: Buffer): boolean {
    const betweenEvents = this.#partial.length === 0 && this.#lines.length === 0 && !this.#afterCarriage
    const wholeEvents = bytes.at(-1) === LF && bytes.at(-2) === LF
    return this.#hasStarted && betweenEvents && wholeEvents && !this.#format.mattersToUsage(bytes)
  }

  #keepPartial(piece: Buffer): void {
    this.#partial.push(piece)
    this.#partialBytes += piece.length
    if (this.#partialBytes <= DEFAULT_MAX_LINE_BYTES) return
    // Longer than the reader takes: let the reader say so, and stop keeping bytes.
    for (const part of this.#partial) this.#take(this.#reader.push(part))
    this.#partial = []
    this.#partialBytes = 0
  }

  #takeLine(last: Buffer): void {
    const line = this.#partial.length === 0 ? last : Buffer.concat([...this.#partial, last])
    this.#partial = []
    this.#partialBytes = 0
    const content = withoutLineEnd(line)
    if (content.length === 0) return this.#flushEvent(true)
    this.#lines.push(line.at(-1) === LF ? line : Buffer.concat([content, LINE_END]))
    this.#heldBytes += line.length
    // The first data line names the answer and tells that there is one.
    const isFirst = !this.#hasStarted && content[0] !== COLON && content.includes('data')
    this.#hasStarted ||= isFirst
    this.#matters ||= isFirst || this.#format.mattersToUsage(content)
    // An event without end is no event stream: stop holding its lines.
    if (this.#heldBytes > DEFAULT_MAX_LINE_BYTES) this.#flushEvent(true)
  }

  #flushEvent(isComplete: boolean): void {
    if (this.#matters) {
      for (const line of this.#lines) this.#take(this.#reader.push(line))
      if (isComplete) this.#take(this.#reader.push(LINE_END))
    }
    this.#lines = []
    this.#heldBytes = 0
    this.#matters = false
  }

  #take(events: readonly ModelEvent[]): void {
    for (const event of events) {
      if (event.type === 'usage') this.#usage = event.usage
      else if (event.type === 'end') this.#terminal = 'end'
      else if (event.type === 'error') {
        this.#error = event.error
        this.#terminal = event.error.type === 'truncated' ? 'missing' : 'error'
      }
    }
  }
}

function withoutLineEnd(line: Buffer): Buffer {
  const last = line.at(-1)
  return last === LF || last === CR ? line.subarray(0, -1) : line
}

/** Usage of a JSON answer; null when it says none. Throws `WireReadError` for a format that is not supported. */
export function readUsage(format: WireFormat, json: unknown): ModelUsage | null {
  return formatOf(format).readUsage(json)
}
