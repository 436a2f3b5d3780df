import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Snapshot } from '@agentproxy/kernel'
import type { Format } from '@agentproxy/wire'
import { Exchange } from '../exchange/exchange.ts'
import type { Interruptible } from '../exchange/interrupt.ts'
import type { planCall } from '../exchange/plan-call.ts'
import type { Arrival } from '../exchange/prepare-call.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { rejectExchange, serveExchange, superviseExchange } from '../exchange/serve-exchange.ts'
import { ClientAnswer } from '../relay/client-answer.ts'
import { withPinned } from './pinned-path.ts'

export interface ModelRoute {
  readonly path: string
  readonly format: Format
  /** For formats that name model and mode in the URL; throws `RequestRefused`. */
  readonly readUrl?: (request: FastifyRequest) => Arrival['named']
  /** Makes the client's end of an exchange, where that is more than usual. */
  readonly createAnswer?: (raw: ServerResponse, format: Format) => ClientAnswer
  /** Changes the body before anything else reads it; null = it was answered. */
  readonly adapt?: (scope: Interruptible, request: FastifyRequest, bytes: Buffer) => Promise<Buffer | null>
  /** Chooses the upstream's endpoint, where that is not the one for the format. */
  readonly plan?: typeof planCall
  /** Serves what has the same path but is no exchange; null = it is one. */
  readonly serveOther?: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> | null
}

/**
 * Adds a route that takes model requests of one format, also below each provider's name. Fastify reads the body as raw bytes;
 * the answer is written past it.
 */
export function addModelRoute(app: FastifyInstance, runtime: GatewayRuntime, route: ModelRoute): void {
  const { path, format, serveOther, createAnswer, plan } = route
  const config = {
    format,
    ...(createAnswer !== undefined && { createAnswer }),
    ...(plan !== undefined && { hasEvents: false }),
  }
  for (const each of withPinned(path)) {
    app.post(each, { config }, (request, reply) => {
      const other = serveOther?.(request, reply) ?? null
      if (other !== null) return other
      void serveModel(runtime, route, { request, reply })
      return undefined
    })
  }
}

interface Asked {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Never rejects. */
async function serveModel(
  runtime: GatewayRuntime,
  { readUrl, adapt, plan }: ModelRoute,
  { request, reply }: Asked,
): Promise<void> {
  const scope = openExchange(runtime, request, reply)
  const { method, url, headers, pinned, credentials } = request
  try {
    const named = readUrl?.(request) ?? null
    const arrival = { method, url, headers, credentials, provider: pinned, named }
    let bytes = Buffer.isBuffer(request.body) ? request.body : undefined
    if (adapt !== undefined && bytes !== undefined) {
      const adapted = await adapt(scope, request, bytes)
      if (adapted === null) return
      bytes = adapted
    }
    await serveExchange(runtime, scope, { arrival, bytes, plan })
  } catch (error) {
    rejectExchange(runtime, scope, error)
  }
}

/** A model request that failed before its handler ran is an exchange too, if we know whose it is. false if it is none. */
export function rejectArrival(
  runtime: GatewayRuntime,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  cause: unknown,
): boolean {
  if (request.identity === null || request.routeOptions.config.format === undefined) return false
  rejectExchange(runtime, openExchange(runtime, request, reply), cause)
  return true
}

function openExchange(runtime: GatewayRuntime, request: FastifyRequest, reply: FastifyReply): Interruptible {
  const { format, createAnswer, hasEvents = true } = request.routeOptions.config
  if (request.identity === null || format === undefined)
    throw new Error('not a model route, or not identified')
  reply.hijack()
  const exchange = new Exchange({
    identity: request.identity,
    live: hasEvents ? request.live : withoutEvents(request.live),
    format: format.name,
    exchanges: runtime.exchanges,
    prices: runtime.prices,
    log: runtime.log,
  })
  const answer = createAnswer?.(reply.raw, format) ?? new ClientAnswer(reply.raw, format)
  return superviseExchange(runtime, exchange, answer)
}

/** What is no conversation cannot be read as its events. */
function withoutEvents(live: Snapshot): Snapshot {
  return { ...live, hooks: { ...live.hooks, 'stream.event': null, 'tool.call': null } }
}
