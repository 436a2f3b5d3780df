import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ModelError } from '@agentproxy/plugin'
import { anthropic, gemini, openaiChat } from '@agentproxy/wire'
import type { Format } from '@agentproxy/wire'

/** The format a caller expects errors in: its route's, else that of who sends its header or asks below its path, else OpenAI's. */
function dialectOf(request: FastifyRequest): Format {
  const { format } = request.routeOptions.config
  if (format !== undefined) return format
  if (request.url.startsWith('/v1beta/')) return gemini
  const isAnthropic =
    request.headers['anthropic-version'] !== undefined || request.url.startsWith('/v1/messages')
  return isAnthropic ? anthropic : openaiChat
}

/** Answers with an error in the caller's dialect. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: ModelError): FastifyReply {
  return reply.code(error.status).type('application/json').send(dialectOf(request).writeError(error))
}
