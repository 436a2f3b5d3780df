import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ModelError } from '@agentproxy/plugin'
import { anthropic, gemini, openaiChat } from '@agentproxy/wire'
import type { Format } from '@agentproxy/wire'
import { failure } from '../exchange/failure.ts'

export const tooLarge: ModelError = failure('too_large', 'The request body is larger than the gateway takes.')

/** The format a caller who is at no model route expects errors in: by its header or the path it asks below, else OpenAI's. */
function dialectOf(url: string, headers: IncomingHttpHeaders): Format {
  if (/^(?:\/[^/]+)?\/v1beta\//.test(url) || headers['x-goog-api-key'] !== undefined) return gemini
  const isAnthropic = headers['anthropic-version'] !== undefined || /^(?:\/[^/]+)?\/v1\/messages/.test(url)
  return isAnthropic ? anthropic : openaiChat
}

/** Answers with an error in the caller's dialect. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: ModelError): FastifyReply {
  const format = request.routeOptions.config.format ?? dialectOf(request.url, request.headers)
  const { retryAfterMs } = error
  if (retryAfterMs !== null) void reply.header('retry-after', Math.ceil(retryAfterMs / 1000))
  return reply.code(error.status).type('application/json').send(format.writeError(error))
}

/** `sendError` for who answers past the framework. Nothing if an answer was begun. */
export function writeErrorAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  error: ModelError,
): void {
  if (response.headersSent || response.destroyed) return
  const body = JSON.stringify(dialectOf(request.url ?? '', request.headers).writeError(error))
  const headers: OutgoingHttpHeaders = {
    ...standardHeaders,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  const { retryAfterMs } = error
  if (retryAfterMs !== null) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000))
  response.writeHead(error.status, headers)
  response.end(body)
}

/** What every answer says that does not say otherwise. */
export const standardHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const
