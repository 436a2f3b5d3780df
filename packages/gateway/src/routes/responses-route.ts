import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { openaiResponses } from '@agentproxy/wire'
import { failure } from '../exchange/failure.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { continueConversation } from '../state/continue-conversation.ts'
import type { Item } from '../state/input-items.ts'
import { inputOf } from '../state/response-state.ts'
import { RememberedAnswer } from '../state/remembered-answer.ts'
import { unknownResponse } from '../state/unknown-response.ts'
import { sendError } from './dialect.ts'
import { addModelRoute } from './model-route.ts'
import { withPinned } from './pinned-path.ts'

interface OfResponse {
  Params: { readonly id: string }
  Querystring: Readonly<Record<string, unknown>>
}

/** Adds `POST /v1/responses`, and what reads and forgets kept responses (platform.openai.com, API reference, Responses). */
export function addResponsesRoutes(app: FastifyInstance, runtime: GatewayRuntime): void {
  addModelRoute(app, runtime, {
    path: '/v1/responses',
    format: openaiResponses,
    createAnswer: (raw, format) => new RememberedAnswer(raw, format),
    adapt: (scope, request, bytes) => continueConversation({ runtime, scope, request, bytes }),
  })
  for (const path of withPinned('/v1/responses/:id')) {
    app.get<OfResponse>(path, async (request, reply) => {
      const { stream } = request.query
      if (stream === 'true')
        return sendError(request, reply, failure('invalid_request', 'A kept response is not streamed again.'))
      const known = await find(runtime, request)
      return known === null ? missing(reply, request.params.id) : known.record.body
    })
    app.delete<OfResponse>(path, async (request, reply) => {
      const { id } = request.params
      const { responses } = runtime
      const isGone =
        request.identity !== null && responses !== null && (await responses.delete(request.identity, id))
      return isGone ? { id, object: 'response.deleted', deleted: true } : missing(reply, id)
    })
    app.get<OfResponse>(`${path}/input_items`, async (request, reply) => {
      const known = await find(runtime, request)
      if (known === null) return missing(reply, request.params.id)
      const { record, chain } = known
      const named = inputOf(chain).map((item, index) => ({ id: `item_${record.seq}_${index}`, ...item }))
      const page = pageOf(named, request.query)
      return page ?? sendError(request, reply, failure('invalid_request', '"after" is no item of the list.'))
    })
  }
}

async function find({ responses }: GatewayRuntime, request: FastifyRequest<OfResponse>) {
  if (responses === null || request.identity === null) return null
  const known = await responses.find(request.identity, request.params.id)
  return known.kind === 'own' ? known : null
}

function missing(reply: FastifyReply, id: string): FastifyReply {
  return reply.code(404).send(unknownResponse(id))
}

/** `order` is `desc` unless it says otherwise, `limit` 1 to 100, 20 by default. null = `after` is not among them. */
function pageOf(
  items: readonly (Item & { readonly id: unknown })[],
  { order, after, limit }: OfResponse['Querystring'],
) {
  const sorted = order === 'asc' ? items : items.toReversed()
  const start = after === undefined ? 0 : sorted.findIndex(({ id }) => id === after) + 1
  if (after !== undefined && start === 0) return null
  const size = Math.min(Math.max(Math.trunc(Number(limit ?? 20)) || 20, 1), 100)
  const data = sorted.slice(start, start + size)
  return {
    object: 'list',
    data,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + size < sorted.length,
  }
}
