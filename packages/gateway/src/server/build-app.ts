import { createServer } from 'node:http'
import type { ServerOptions, ServerResponse } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastify from 'fastify'
import type { Format } from '@agentproxy/wire'
import type { TokenBook } from '../access/token-book.ts'
import { failure, RequestRefused } from '../exchange/failure.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import type { RouteNote } from '../openapi/route-notes.ts'
import { beforeServer } from '../middleware/serve-through.ts'
import type { ClientAnswer } from '../relay/client-answer.ts'
import { allowedMethods } from '../routes/allowed-methods.ts'
import { addRoutes } from '../routes/add-routes.ts'
import type { RouteSources } from '../routes/add-routes.ts'
import { sendError, standardHeaders, tooLarge } from '../routes/dialect.ts'
import { rejectArrival } from '../routes/model-route.ts'
import { servePluginRoute } from '../routes/plugin-route.ts'
import { admit } from './admit.ts'
import type { Gate, GatewayState } from './admit.ts'
import { keysUnavailable } from '../access/keys-unavailable.ts'
import { refuseConnection } from './client-error.ts'
import type { GatewayLimits } from './limits.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on routes that take model requests of this format. */
    format?: Format
    /** What is told of the route in `/openapi.json`, where the gateway does not know it. */
    note?: RouteNote
    /** false: their answers are no conversation. Default true. */
    hasEvents?: boolean
    /** How those routes make the client's end of an exchange. */
    createAnswer?: (raw: ServerResponse, format: Format) => ClientAnswer
  }
}

/** Longer than the pauses clients make between requests on one connection. */
const KEEP_ALIVE_MS = 72_000

export interface AppOptions extends RouteSources {
  readonly tokens: TokenBook
  readonly state: Readonly<GatewayState>
}

/** The HTTP server with all its routes. Everything about who may come in is decided in one hook that runs before any body is read. */
export function buildApp({ runtime, tokens, state, ...sources }: AppOptions): FastifyInstance {
  const app: FastifyInstance = fastify({
    ...serverOptions(runtime.limits),
    serverFactory(handle) {
      const entrance = { runtime, tokens, state, server: () => app.server }
      const serve = beforeServer(entrance, handle)
      return createServer(httpOptions(runtime.limits), (request, response) => {
        // The client's next request is to come over a new connection, which is another process's.
        if (state.leaving) response.shouldKeepAlive = false
        serve(request, response)
      })
    },
  })
  app.decorateRequest('identity', null)
  app.decorateRequest('credentials', null)
  app.decorateRequest('pinned', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
  app.decorateRequest('live')
  const gate = { runtime, tokens, state }
  app.addHook('onRequest', (request, reply, done) => {
    const keys = tokens.lookUp(request.raw.headers)
    if (keys === null) letIn(gate, { request, reply, done })
    else
      keys.then(
        () => letIn(gate, { request, reply, done }),
        (error: unknown) => void sendError(request, reply, keysUnavailable(runtime.log, error)),
      )
  })
  app.addHook('onRequest', (request, reply, done) => {
    // Before the body is read: what waits is to hold no memory.
    if (request.routeOptions.config.format === undefined) done()
    else runtime.admission.enter(request, reply, done)
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    void reply.headers(standardHeaders)
    done()
  })
  const routes = addRoutes(app, { runtime, state, ...sources })
  app.setNotFoundHandler((request, reply) => {
    const allow = allowedMethods(routes, request.url)
    if (allow.length > 0) return answerOtherMethod(request, reply, allow)
    const message = `There is no ${request.method} ${request.url.split('?', 1)[0]?.slice(0, 200)} here.`
    return sendError(request, reply, failure('not_found', message))
  })
  app.setErrorHandler<FastifyError>((error, request, reply) =>
    answerError(runtime, { error, request, reply }),
  )
  return app
}

interface Entering {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly done: () => void
}

function letIn(gate: Gate, { request, reply, done }: Entering): void {
  const verdict = admit(gate, request)
  if (verdict.kind === 'own') {
    done()
  } else if (verdict.kind === 'plugin') {
    void servePluginRoute({ ...gate, request, reply, match: verdict.match })
  } else {
    // RFC 9110, 15.5.22: it says what is spoken instead.
    if (verdict.error.status === 426) void reply.headers({ upgrade: 'HTTP/1.1', connection: 'close' })
    if (verdict.allow !== undefined) void reply.header('allow', verdict.allow.join(', '))
    void sendError(request, reply, verdict.error)
  }
}

function answerOtherMethod(
  request: FastifyRequest,
  reply: FastifyReply,
  allow: readonly string[],
): FastifyReply {
  void reply.header('allow', allow.join(', '))
  if (request.method === 'OPTIONS') return reply.code(204).send()
  const message = `This path takes ${allow.join(', ')} only.`
  return sendError(request, reply, failure('invalid_request', message, 405))
}

function serverOptions(limits: GatewayLimits) {
  return {
    bodyLimit: limits.bodyBytes,
    exposeHeadRoutes: false,
    clientErrorHandler: refuseConnection,
    // The onRequest hook answers during shutdown, in the caller's dialect.
    return503OnClosing: false,
  }
}

function httpOptions(limits: GatewayLimits): ServerOptions {
  return {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.max(100, Math.min(5_000, limits.headersTimeoutMs / 2)),
  }
}

interface FailedRequest {
  readonly error: FastifyError
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

function answerError(runtime: GatewayRuntime, { error, request, reply }: FailedRequest): FastifyReply {
  const refused = explain(error)
  if (rejectArrival(runtime, { request, reply }, refused ?? error)) return reply
  if (refused !== null) return sendError(request, reply, refused.error)
  runtime.log.error('A request failed inside the gateway', {
    path: request.routeOptions.url,
    error: error.stack,
  })
  return sendError(request, reply, failure('internal', 'The gateway failed. Its log tells why.'))
}

/** What the server itself refused; null if it was our own failure. */
function explain(error: FastifyError): RequestRefused | null {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new RequestRefused('body_too_large', tooLarge)
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const message = 'The content type must be application/json.'
    return new RequestRefused('bad_content_type', failure('invalid_request', message, 415))
  }
  const status = error.statusCode ?? 500
  if (status >= 500) return null
  return new RequestRefused(
    'bad_request',
    failure('invalid_request', 'The request could not be read.', status),
  )
}
