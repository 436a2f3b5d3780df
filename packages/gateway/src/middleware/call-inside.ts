import { request as httpRequest } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { ArrivingBody } from '../web/arriving-body.ts'
import { endToEndHeaders, headerPairs } from '../web/end-to-end-headers.ts'
import { pumpBody } from '../web/pump-body.ts'
import { connectInside } from './inside-connection.ts'
import type { Admission } from './inside-connection.ts'

export interface InsideCall {
  readonly server: Server
  readonly admission: Admission
  /** The Host the client wrote; already checked. */
  readonly host: string
  /** Whether the body is the very one that came, so that its announced length holds. */
  readonly isUnchanged: boolean
  /** Ends the call, whatever it is at. */
  readonly signal: AbortSignal
}

/** Longest head of an answer of ours. */
const MAX_HEAD_BYTES = 256 * 1024

/**
 * Has our own server answer a request, over a connection in memory: all that HTTP says of bodies, back-pressure and broken
 * connections holds there as it does outside. Resolves when the head is known; rejects if there comes none.
 */
export async function callInside(request: Request, inside: InsideCall): Promise<Response> {
  if (request.bodyUsed || request.body?.locked === true)
    throw new TypeError(
      'the body of the request was read already; read a clone() of it, or make a new Request',
    )
  const { near, far } = connectInside(inside.admission)
  inside.server.emit('connection', far)
  return new Promise((resolve, reject) => {
    const { pathname, search } = new URL(request.url)
    const call = httpRequest({
      createConnection: () => near,
      method: request.method,
      path: pathname + search,
      headers: headersOf(request, inside),
      setHost: false,
      maxHeaderSize: MAX_HEAD_BYTES,
    })
    const stop = (): void => void call.destroy(new Error('the request was given up'))
    for (const signal of [inside.signal, request.signal]) {
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop, { once: true })
      call.once('close', () => signal.removeEventListener('abort', stop))
    }
    call.once('error', reject)
    call.once('close', () => reject(new Error('the connection was closed without an answer')))
    call.once('response', (message) => {
      try {
        resolve(toResponse(message, () => void call.destroy()))
      } catch (error) {
        call.destroy()
        reject(error)
      }
    })
    if (request.body === null) call.end()
    else void pumpBody(request.body, call)
  })
}

function headersOf(request: Request, { host, isUnchanged }: InsideCall): Record<string, string> {
  const headers = Object.fromEntries(endToEndHeaders(request.headers))
  headers['host'] = host
  if (isUnchanged && headers['content-length'] !== undefined) return headers
  delete headers['content-length']
  if (request.body !== null) headers['transfer-encoding'] = 'chunked'
  return headers
}

/** Statuses whose answers have no body (fetch.spec.whatwg.org, "null body status"). */
const BODILESS: ReadonlySet<number | undefined> = new Set([204, 205, 304])

function toResponse(message: IncomingMessage, onCancel: () => void): Response {
  const { statusCode, rawHeaders } = message
  const isEmpty = BODILESS.has(statusCode)
  if (isEmpty) message.resume()
  return new Response(isEmpty ? null : new ArrivingBody(message, { onCancel }).stream, {
    status: statusCode ?? 0,
    headers: endToEndHeaders(headerPairs(rawHeaders)),
  })
}
