import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastify from 'fastify'
import type { Identity, ModelError } from '@agentproxy/plugin'
import { anthropic, openaiChat, openaiResponses } from '@agentproxy/wire'
import type { Format } from '@agentproxy/wire'
import { checkCaller } from '../access/check-caller.ts'
import type { TokenBook } from '../access/token-book.ts'
import { failure, RequestRefused } from '../exchange/failure.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { sendError } from '../routes/dialect.ts'
import { addGeminiRoute } from '../routes/gemini-route.ts'
import { addHealthRoute } from '../routes/health-route.ts'
import type { HealthRoute } from '../routes/health-route.ts'
import { addModelRoute, rejectArrival } from '../routes/model-route.ts'
import { addModelsRoute } from '../routes/models-route.ts'
import type { GatewayLimits } from './limits.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose request it is; null only on routes that are open to all, for who shows no token. */
    identity: Identity | null
  }
  interface FastifyContextConfig {
    /** Answered without a token. */
    open?: boolean
    /** Set on routes that take model requests of this format. */
    format?: Format
  }
}

export interface AppOptions {
  readonly runtime: GatewayRuntime
  readonly tokens: TokenBook
  readonly health: HealthRoute
  /** The port we listen on, and whether we are closing. */
  readonly state: { readonly port: number; readonly closing: boolean }
}

/** The HTTP server with all its routes. Everything about who may come in is decided in one hook that runs before any body is read. */
export function buildApp({ runtime, tokens, health, state }: AppOptions): FastifyInstance {
  const app = fastify(serverOptions(runtime.limits))
  app.decorateRequest('identity', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
  app.addHook('onRequest', (request, reply, done) => {
    const refused = admit(request, tokens, state)
    if (refused === null) done()
    else void sendError(request, reply, refused)
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    done()
  })
  app.setNotFoundHandler((request, reply) => {
    const message = `There is no ${request.method} ${request.url.split('?', 1)[0]?.slice(0, 200)} here.`
    return sendError(request, reply, failure('not_found', message))
  })
  app.setErrorHandler<FastifyError>((error, request, reply) =>
    answerError(runtime, { error, request, reply }),
  )
  addHealthRoute(app, health)
  addModelsRoute(app, runtime)
  addModelRoute(app, runtime, { path: '/v1/messages', format: anthropic })
  addModelRoute(app, runtime, { path: '/v1/chat/completions', format: openaiChat })
  addModelRoute(app, runtime, { path: '/v1/responses', format: openaiResponses })
  addGeminiRoute(app, runtime)
  return app
}

function serverOptions(limits: GatewayLimits) {
  return {
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    exposeHeadRoutes: false,
    // The onRequest hook answers during shutdown, in the caller's dialect.
    return503OnClosing: false,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.max(100, Math.min(5_000, limits.headersTimeoutMs / 2)),
    },
  }
}

/** Who asks, and may they? Notes the identity; otherwise says what is wrong. */
function admit(request: FastifyRequest, tokens: TokenBook, state: AppOptions['state']): ModelError | null {
  const problem = checkCaller(request.raw, state.port)
  if (problem !== null) return failure('permission', problem)
  if (state.closing) return failure('overloaded', 'The gateway is shutting down. Try again when it is back.')
  request.identity = tokens.identify(request.headers)
  if (request.routeOptions.config.open === true) return null
  if (request.identity === null) {
    const message =
      'No valid token. Send the gateway token as "authorization: Bearer" or "x-api-key"; it is in the file "token" of the state folder.'
    return failure('authentication', message)
  }
  // A WebSocket client falls back to HTTP at once when it is told so (RFC 9110, 15.5.22). Other upgrades may be ignored.
  if (request.headers.upgrade?.toLowerCase() === 'websocket') {
    return failure('invalid_request', 'WebSocket is not served here. Use plain HTTP.', 426)
  }
  return null
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
    return new RequestRefused(
      'body_too_large',
      failure('too_large', 'The request body is larger than the gateway takes.'),
    )
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
