import type { ServerResponse } from 'node:http'
import { endToEndHeaders } from './end-to-end-headers.ts'
import { pumpBody } from './pump-body.ts'

export interface SendOptions {
  /** Whether the answer's own `content-length` is to be believed; otherwise the body is sent in chunks. */
  readonly keepsLength: boolean
  /** Headers for where the answer says nothing of its own. */
  readonly defaults: Readonly<Record<string, string>>
}

/**
 * Sends a web `Response`. Throws, with nothing sent, what cannot be sent at all; what goes wrong later is given back, and
 * the connection is then closed before the body's end. If nobody listens any more, the body is cancelled.
 */
export async function sendResponse(
  raw: ServerResponse,
  response: Response,
  { keepsLength, defaults }: SendOptions,
): Promise<Error | null> {
  const { body, status } = response
  if (raw.headersSent || raw.destroyed || raw.closed) {
    cancel(body)
    return null
  }
  if (status < 200) throw new TypeError(`a response of status ${status} cannot be sent`)
  if (response.bodyUsed || body?.locked === true)
    throw new TypeError('the body of the response was read already')
  const isHead = raw.req.method === 'HEAD'
  const length = lengthOf(response, { keepsLength, isHead })
  const dropped = droppedHeaders(response, length)
  const sent = endToEndHeaders(response.headers).filter(([name]) => !dropped.includes(name))
  if (body === null && !isHead && status !== 204 && status !== 304) sent.push(['content-length', '0'])
  const missing = Object.entries(defaults).filter(([name]) => !response.headers.has(name))
  try {
    raw.writeHead(status, [...sent, ...missing].flat())
  } catch (error) {
    cancel(body)
    throw error
  }
  if (body !== null && !isHead) return pumpBody(body, raw, { length })
  cancel(body)
  raw.end()
  return null
}

function lengthOf(
  { status, headers, body, url }: Response,
  { keepsLength, isHead }: { readonly keepsLength: boolean; readonly isHead: boolean },
): number | null {
  const text = headers.get('content-length')
  if (url !== '' || text === null || !/^\d{1,15}$/.test(text)) return null
  // There it says how long the answer to a GET would be; no byte count can contradict it.
  if (isHead || status === 304) return Number(text)
  return keepsLength && body !== null ? Number(text) : null
}

/** What `fetch` gives is decoded already, whatever its headers say. */
function droppedHeaders({ url }: Response, length: number | null): readonly string[] {
  if (url !== '') return ['content-encoding', 'content-length']
  return length === null ? ['content-length'] : []
}

function cancel(body: ReadableStream<Uint8Array> | null): void {
  if (body !== null && !body.locked) void body.cancel().catch(() => {})
}
