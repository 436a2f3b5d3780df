import { isRecord } from '../json/json-record.ts'

/** What an error body says, whatever its dialect. */
export interface ErrorBody {
  readonly message: string
  readonly type: string | null
  readonly code: string | null
  /** A request id inside the body. */
  readonly requestId: string | null
}

/** Reads an error body: JSON of any vendor, plain text, an HTML page of some proxy, or nothing. */
export function readErrorBody(status: number, body: string): ErrorBody {
  const json = parse(body)
  if (json !== undefined) return readErrorJson(json) ?? plain(body)
  const text = body.trim()
  if (text === '') return plain(`The upstream answered ${status} with an empty body.`)
  if (!/^<(?:!doctype|html|head|body)/i.test(text)) return plain(text)
  const title = /<(?:title|h1)[^>]*>([^<]*)</i.exec(text)?.[1]?.trim()
  return plain(`The upstream answered ${status} with an HTML page${title ? `: ${title}` : ''}.`)
}

/** Reads an error that is already JSON; null when it has no words in any known place. */
function readErrorJson(json: unknown): ErrorBody | null {
  // Gemini's OpenAI-compatible endpoint wraps its error in an array.
  const outer: unknown = Array.isArray(json) ? json[0] : json
  if (!isRecord(outer)) return null
  const inner = isRecord(outer['error']) ? outer['error'] : outer
  const message =
    stringOf(inner['message']) ??
    stringOf(outer['error']) ??
    detail(outer['detail']) ??
    stringOf(outer['message'])
  if (message === null) return null
  return {
    message,
    type: inner === outer && inner['type'] === 'error' ? null : stringOf(inner['type']),
    code: stringOf(inner['code']) ?? (typeof inner['code'] === 'number' ? String(inner['code']) : null),
    requestId: stringOf(outer['request_id']),
  }
}

/** Reads an error told inside a stream; without known words, the whole of it is the message. */
export function readStreamErrorBody(json: unknown): ErrorBody {
  return readErrorJson(json) ?? plain(JSON.stringify(json))
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function plain(message: string): ErrorBody {
  return { message, type: null, code: null, requestId: null }
}

function stringOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** FastAPI servers answer `{"detail": "..."}` or a list of validation failures. */
function detail(value: unknown): string | null {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? null : JSON.stringify(value)
}
