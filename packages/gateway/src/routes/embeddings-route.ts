import type { FastifyInstance } from 'fastify'
import { openaiChat } from '@agentproxy/wire'
import { failure, RequestRefused } from '../exchange/failure.ts'
import type { CallPlan } from '../exchange/plan-call.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import type { ResolvedModel } from '../routing/resolve-model.ts'
import { addModelRoute } from './model-route.ts'

/**
 * Adds `POST /v1/embeddings` (platform.openai.com, API reference, Embeddings). It is an exchange of the format `openai-chat`
 * whose bytes pass untouched, but for the model's name; nothing is translated.
 */
export function addEmbeddingsRoute(app: FastifyInstance, runtime: GatewayRuntime): void {
  addModelRoute(app, runtime, { path: '/v1/embeddings', format: openaiChat, plan: planEmbeddings })
}

function planEmbeddings({ provider, model }: ResolvedModel): CallPlan {
  const { embeddingsUrl: url } = provider
  if (url !== undefined) return { provider, model, format: 'openai-chat', template: url, url }
  const message = `The provider "${provider.name}" makes no embeddings. Ask for a model of one that speaks OpenAI's format.`
  throw new RequestRefused('no_embeddings', failure('invalid_request', message))
}
