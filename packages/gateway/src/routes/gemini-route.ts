import type { FastifyInstance, FastifyRequest } from 'fastify'
import { gemini } from '@agentproxy/wire'
import { failure, RequestRefused } from '../exchange/failure.ts'
import type { Arrival } from '../exchange/prepare-call.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { addModelRoute } from './model-route.ts'

/** Adds `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent?alt=sse` (ai.google.dev, API reference). */
export function addGeminiRoute(app: FastifyInstance, runtime: GatewayRuntime): void {
  addModelRoute(app, runtime, { path: '/v1beta/models/*', format: gemini, readUrl })
  // The AI SDK leaves `models/` out before a name with a slash, as all of ours are (@ai-sdk/google, getModelPath).
  addModelRoute(app, runtime, { path: '/v1beta/*', format: gemini, readUrl })
}

function readUrl({ params, query }: FastifyRequest): NonNullable<Arrival['named']> {
  const call = (params as { readonly '*': string })['*']
  const colon = call.lastIndexOf(':')
  const model = call.slice(0, colon)
  const method = call.slice(colon + 1)
  if (method === 'generateContent') return { model, stream: false }
  if (method !== 'streamGenerateContent') {
    const message = `There is no method "${method.slice(0, 100)}" here. Use generateContent or streamGenerateContent.`
    throw new RequestRefused('unknown_method', failure('not_found', message))
  }
  if ((query as { readonly alt?: unknown }).alt !== 'sse') {
    const message = 'A stream is served as server-sent events only: add ?alt=sse to the URL.'
    throw new RequestRefused('bad_request', failure('invalid_request', message))
  }
  return { model, stream: true }
}
