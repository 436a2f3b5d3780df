import type { IncomingMessage } from 'node:http'
import { ArrivingBody } from './arriving-body.ts'
import { endToEndHeaders, headerPairs } from './end-to-end-headers.ts'

export interface ToRequestOptions {
  /** Largest body. */
  readonly maxBytes: number
  /** Headers, by lower-case name, that are left out. */
  readonly hidden: readonly string[]
  readonly signal: AbortSignal
}

export interface WebRequest {
  readonly request: Request
  /** null = it has none. */
  readonly body: ArrivingBody | null
}

/** A request as the web platform has it. Throws a TypeError for one that cannot be said so, such as `TRACE`. */
export function toRequest(raw: IncomingMessage, { maxBytes, hidden, signal }: ToRequestOptions): WebRequest {
  const { method = 'GET', headers } = raw
  const body = hasBody(raw) ? new ArrivingBody(raw, { maxBytes, onCancel: () => void raw.resume() }) : null
  const shown = endToEndHeaders(headerPairs(raw.rawHeaders)).filter(([name]) => !hidden.includes(name))
  const request = new Request(`http://${headers.host}${raw.url}`, {
    method,
    headers: shown,
    signal,
    ...(body !== null && { body: body.stream, duplex: 'half' as const }),
  })
  return { request, body }
}

/** The web platform knows no body of a GET; it is not read. */
function hasBody({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
