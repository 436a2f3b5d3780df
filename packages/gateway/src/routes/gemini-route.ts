import type { FastifyInstance, FastifyRequest } from 'fastify'
import { gemini } from '@agentproxy/wire'
import { failure, RequestRefused } from '../exchange/failure.ts'
import type { Arrival } from '../exchange/prepare-call.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { serveCount } from './count-route.ts'
import { addModelRoute } from './model-route.ts'

/** Adds `POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent?alt=sse` and `:countTokens` (ai.google.dev, API reference). */
export function addGeminiRoute(app: FastifyInstance, runtime: GatewayRuntime): void {
  // The AI SDK leaves `models/` out before a name with a slash, as all of ours are (@ai-sdk/google, getModelPath).
  for (const path of ['/v1beta/models/*', '/v1beta/*'])
    addModelRoute(app, runtime, {
      path,
      format: gemini,
      readUrl,
      serveOther(request, reply) {
        const { model, method } = callOf(request)
        if (method !== 'countTokens') return null
        return serveCount(runtime, { request, reply }, { format: 'gemini', model })
      },
    })
}

function callOf({ params }: FastifyRequest): { readonly model: string; readonly method: string } {
  const call = (params as { readonly '*': string })['*']
  const colon = call.lastIndexOf(':')
  return { model: call.slice(0, colon), method: call.slice(colon + 1) }
}

function readUrl(request: FastifyRequest): NonNullable<Arrival['named']> {
  const { model, method } = callOf(request)
  if (method === 'generateContent') return { model, stream: false }
  if (method !== 'streamGenerateContent') {
    const message = `There is no method "${method.slice(0, 100)}" here. Use generateContent, streamGenerateContent or countTokens.`
    throw new RequestRefused('unknown_method', failure('not_found', message))
  }
  if ((request.query as { readonly alt?: unknown }).alt !== 'sse') {
    const message = 'A stream is served as server-sent events only: add ?alt=sse to the URL.'
    throw new RequestRefused('bad_request', failure('invalid_request', message))
  }
  return { model, stream: true }
}
