import { formatOf } from './formats.ts'
import type { ModelError, ModelEvent, ModelUsage } from './model/event.ts'
import type { WireFormat } from './model/format-name.ts'
import { DEFAULT_MAX_LINE_BYTES } from './sse/sse-parser.ts'

/** Watches a passing stream for its usage and its end, without delaying or changing it. */
export interface UsageTap {
  /** The chunk is kept by reference until its last line is complete and must not be changed meanwhile. */
  push(chunk: Uint8Array): void
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

/** Reads usage as the format's stream reader does, but hands that reader only the events that can matter. */
export function createUsageTap(format: WireFormat): UsageTap {
  const room = formatOf(format)
  const reader = room.createStreamReader()
  let usage: ModelUsage | null = null
  let terminal: UsageTapResult['terminal'] = 'missing'
  let error: ModelError | null = null
  let partial: Buffer[] = []
  let partialBytes = 0
  let lines: Buffer[] = []
  let heldBytes = 0
  let matters = false
  let hasStarted = false
  let afterCr = false

  const take = (events: readonly ModelEvent[]): void => {
    for (const event of events) {
      if (event.type === 'usage') usage = event.usage
      else if (event.type === 'end') terminal = 'end'
      else if (event.type === 'error') {
        error = event.error
        terminal = event.error.type === 'truncated' ? 'missing' : 'error'
      }
    }
  }
  const flushEvent = (): void => {
    for (const line of matters ? lines : []) take(reader.push(line))
    if (matters) take(reader.push(Buffer.from('\n')))
    lines = []
    heldBytes = 0
    matters = false
  }
  const takeLine = (last: Buffer): void => {
    const line = partial.length === 0 ? last : Buffer.concat([...partial, last])
    partial = []
    partialBytes = 0
    const content = withoutLineEnd(line)
    if (content.length === 0) return flushEvent()
    lines.push(line.at(-1) === LF ? line : Buffer.concat([content, Buffer.from('\n')]))
    heldBytes += line.length
    // The first data line names the answer and tells that there is one.
    const isFirst = !hasStarted && content.includes('data')
    hasStarted ||= isFirst
    matters ||= isFirst || room.mattersToUsage(content)
    // An event without end is no event stream: stop holding its lines.
    if (heldBytes > DEFAULT_MAX_LINE_BYTES) flushEvent()
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      let from = afterCr && bytes[0] === LF ? 1 : 0
      if (bytes.length > 0) afterCr = false
      let feed = bytes.indexOf(LF, from)
      let carriage = bytes.indexOf(CR, from)
      while (feed !== -1 || carriage !== -1) {
        const at = carriage === -1 || (feed !== -1 && feed < carriage) ? feed : carriage
        takeLine(bytes.subarray(from, at + 1))
        from = at + 1
        if (at === carriage && from === bytes.length) afterCr = true
        else if (at === carriage && bytes[from] === LF) from += 1
        if (feed !== -1 && feed < from) feed = bytes.indexOf(LF, from)
        if (carriage !== -1 && carriage < from) carriage = bytes.indexOf(CR, from)
      }
      if (from >= bytes.length) return
      partial.push(bytes.subarray(from))
      partialBytes += bytes.length - from
      // Longer than the reader takes: let the reader say so, and stop keeping bytes.
      if (partialBytes > DEFAULT_MAX_LINE_BYTES) {
        for (const piece of partial) take(reader.push(piece))
        partial = []
        partialBytes = 0
      }
    },
    end() {
      if (partial.length > 0) takeLine(Buffer.alloc(0))
      flushEvent()
      take(reader.end())
      return { usage, terminal, error }
    },
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
