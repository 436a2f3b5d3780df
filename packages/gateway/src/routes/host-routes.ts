import type { FastifyInstance, FastifyRequest } from 'fastify'
import { failure } from '../exchange/failure.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import type { RouteNote } from '../openapi/route-notes.ts'
import { sendResponse } from '../web/send-response.ts'
import { sendError, standardHeaders } from './dialect.ts'

/** A request to a route of whoever runs the gateway, let in already. */
export interface HostCall {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Of the header `Last-Event-ID`; null = there is none. */
  readonly lastEventId: string | null
  /** The JSON body; undefined = there is none. */
  readonly body: unknown
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/**
 * A route that the program around the gateway adds, served to the gateway's owner alone beside the gateway's own. It is
 * part of `/openapi.json`. What `handle` throws is a plain 500.
 */
export interface HostRoute {
  readonly method: 'GET' | 'POST'
  /** With `:name` for a part that varies. Its first segment must be one of `reservedPrefixes`. */
  readonly path: string
  readonly note: RouteNote
  readonly handle: (call: HostCall) => Promise<Response> | Response
}

/** Adds them, for the owner alone. */
export function addHostRoutes(
  app: FastifyInstance,
  runtime: GatewayRuntime,
  routes: readonly HostRoute[],
): void {
  for (const { method, path, note, handle } of routes) {
    app.route({
      method,
      url: path,
      config: { access: 'owner', note },
      async handler(request, reply) {
        const controller = new AbortController()
        reply.raw.once('close', () => controller.abort())
        const read = readCall(request, controller.signal)
        if (typeof read === 'string') return sendError(request, reply, failure('invalid_request', read))
        const answer = await handle(read)
        reply.hijack()
        const broken = await sendResponse(reply.raw, answer, { keepsLength: true, defaults: standardHeaders })
        if (broken !== null)
          runtime.log.error('An answer could not be sent whole', { path, error: broken.message })
        return reply
      },
    })
  }
}

/** What is wrong, in words, if the body cannot be read. */
function readCall({ params, url, headers, body }: FastifyRequest, signal: AbortSignal): HostCall | string {
  const lastEventId = headers['last-event-id']
  const call = {
    params: params as Readonly<Record<string, string>>,
    query: new URL(url, 'http://localhost').searchParams,
    lastEventId: typeof lastEventId === 'string' ? lastEventId : null,
    signal,
  }
  const text = Buffer.isBuffer(body) ? body.toString() : ''
  if (text === '') return { ...call, body: undefined }
  try {
    return { ...call, body: JSON.parse(text) as unknown }
  } catch {
    return 'The request body must be JSON.'
  }
}
