import type { ReadStreamOptions, StreamReader } from '../format.ts'
import type { ModelError, ModelEvent } from '../model/event.ts'
import { createSseParser, DEFAULT_MAX_LINE_BYTES } from './sse-parser.ts'
import type { SseEvent } from './sse-parser.ts'

export type Emit = (event: ModelEvent) => void

/** What a format does with the events of its stream. */
export interface SseHandler {
  take(event: SseEvent, emit: Emit): void
  /** The bytes ended. If no terminal event is emitted here or before, the stream counts as truncated. */
  finish(emit: Emit): void
}

/** Wraps a format's handler: cuts bytes into events, lets nothing follow the terminal event, reports truncation. */
export function createSseStreamReader(handler: SseHandler, options: ReadStreamOptions = {}): StreamReader {
  const parser = createSseParser(options)
  let out: ModelEvent[] = []
  let over = false

  const emit: Emit = (event) => {
    if (over) return
    out.push(event)
    over = event.type === 'end' || event.type === 'error'
  }
  const takeAll = (events: readonly SseEvent[]): void => {
    for (const event of events) {
      if (over) return
      handler.take(event, emit)
    }
    if (parser.overflowed)
      emit({ type: 'error', error: tooLong(options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES) })
  }
  const drain = (): ModelEvent[] => {
    const events = out
    out = []
    return events
  }

  return {
    push(chunk) {
      if (!over) takeAll(parser.push(chunk))
      return drain()
    },
    end() {
      if (!over) {
        // Half an event at the end is a truncation, not an upstream that talks nonsense.
        takeAll(parser.end().filter(({ data }) => data.trim() === '[DONE]' || parseData(data) !== undefined))
        if (!over) handler.finish(emit)
        emit({ type: 'error', error: TRUNCATED })
      }
      return drain()
    },
  }
}

const TRUNCATED: ModelError = streamError(
  'truncated',
  'The upstream ended the stream before the answer was complete.',
)

/** An error that this side noticed in an upstream's stream. */
export function streamError(type: 'truncated' | 'upstream', message: string): ModelError {
  return { type, message, status: 502, vendorType: null, retryAfterMs: null, requestId: null }
}

function tooLong(maxBytes: number): ModelError {
  return streamError('upstream', `The upstream sent a line longer than ${maxBytes} bytes.`)
}

/** The error of an event whose data is not what the format says. */
export function notJson(data: string): ModelEvent {
  const message = `The upstream sent an event that is no JSON: ${data.slice(0, 200)}`
  return { type: 'error', error: streamError('upstream', message) }
}

/** The data of an event as JSON; undefined when it is none. */
export function parseData(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
