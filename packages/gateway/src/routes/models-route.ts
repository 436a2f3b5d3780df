import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { failure } from '../exchange/failure.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { nearNames } from '../routing/near-names.ts'
import { listedModels } from './listed-models.ts'
import { modelShapes, RefusedPage } from './model-shapes.ts'
import type { ModelShape } from './model-shapes.ts'
import { sendError } from './dialect.ts'
import { withPinned } from './pinned-path.ts'

type Reader = (request: FastifyRequest, reply: FastifyReply, shape: ModelShape) => Promise<unknown>

/**
 * Adds `GET /v1/models` and `GET /v1/models/{id}`: in Anthropic's shape for who sends `anthropic-version`, in Gemini's for who
 * sends `x-goog-api-key`, else in OpenAI's; and the same under `/v1beta`, in Gemini's.
 */
export function addModelsRoute(app: FastifyInstance, runtime: GatewayRuntime): void {
  const list: Reader = async (request, reply, shape) => {
    try {
      return shape.list(await listedModels(runtime, request), request.query as Record<string, unknown>)
    } catch (error) {
      if (!(error instanceof RefusedPage)) throw error
      return sendError(request, reply, failure('invalid_request', error.message))
    }
  }
  const retrieve: Reader = async (request, reply, shape) => {
    const id = (request.params as { readonly '*': string })['*']
    const all = await listedModels(runtime, request)
    const found = all.find((model) => model.id === id)
    if (found !== undefined) return shape.one(found)
    const near = nearNames(
      id,
      all.map((model) => model.id),
    )
    const hint = near.length === 0 ? '' : ` Did you mean ${near.join(', ')}?`
    return sendError(request, reply, failure('not_found', `Unknown model.${hint} GET /v1/models lists all.`))
  }
  for (const [base, shapeOf] of [
    ['/v1/models', shapeByHeader],
    ['/v1beta/models', () => modelShapes.gemini],
  ] as const) {
    for (const path of withPinned(base)) {
      app.get(path, (request, reply) => list(request, reply, shapeOf(request)))
      app.get(`${path}/*`, (request, reply) => retrieve(request, reply, shapeOf(request)))
    }
  }
}

function shapeByHeader({ headers }: FastifyRequest): ModelShape {
  if (headers['anthropic-version'] !== undefined) return modelShapes.anthropic
  return headers['x-goog-api-key'] === undefined ? modelShapes.openai : modelShapes.gemini
}
