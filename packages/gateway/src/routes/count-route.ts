import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { JsonObject } from '@agentproxy/plugin'
import type { CountFormat } from '../count/count-body.ts'
import { countTokens } from '../count/count-tokens.ts'
import { failure, RequestRefused } from '../exchange/failure.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { readJsonObject } from '../web/read-json-object.ts'
import { sendError } from './dialect.ts'
import { withPinned } from './pinned-path.ts'
import { untilClosed } from './until-closed.ts'

/** Adds `POST /v1/messages/count_tokens` (docs.anthropic.com, Count Message tokens). */
export function addCountRoute(app: FastifyInstance, runtime: GatewayRuntime): void {
  for (const path of withPinned('/v1/messages/count_tokens'))
    app.post(path, (request, reply) =>
      serveCount(runtime, { request, reply }, { format: 'anthropic', model: null }),
    )
}

/** Answers with a token count; `model` is the one the URL names, null where the body names it. */
export async function serveCount(
  runtime: GatewayRuntime,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { format, model: named }: { readonly format: CountFormat; readonly model: string | null },
): Promise<FastifyReply> {
  try {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const document = readJsonObject(bytes.toString()) as JsonObject | null
    if (document === null) throw refused('bad_json', 'The request body must be a JSON object.')
    const model = named ?? document['model']
    if (typeof model !== 'string' || model === '')
      throw refused(
        'no_model',
        'The request names no model: "model" must be a string such as "provider/model".',
      )
    const signal = untilClosed(runtime, reply)
    const question = { format, model, document, bytes, signal }
    const { body, isEstimate } = await countTokens(runtime, request, question)
    if (isEstimate) void reply.header('x-agentproxy-estimate', '1')
    return await reply.type('application/json').send(JSON.stringify(body))
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error
    return sendError(request, reply, error.error)
  }
}

function refused(reason: string, message: string): RequestRefused {
  return new RequestRefused(reason, failure('invalid_request', message))
}
