import type { FastifyRequest } from 'fastify'
import { RequestRefused } from '../exchange/failure.ts'
import type { Interruptible } from '../exchange/interrupt.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { resolvePinned } from '../routing/resolve-pinned.ts'
import { resolveModel } from '../routing/resolve-model.ts'
import { readJsonObject } from '../web/read-json-object.ts'
import { inputItems } from './input-items.ts'
import type { Item } from './input-items.ts'
import { RememberedAnswer } from './remembered-answer.ts'
import { conversationOf } from './response-state.ts'
import type { ResponseState } from './response-state.ts'
import { sendUnknownPrevious } from './unknown-response.ts'

export interface ResponsesCall {
  readonly runtime: GatewayRuntime
  readonly scope: Interruptible
  readonly request: FastifyRequest
  readonly bytes: Buffer
}

/**
 * The body with the whole conversation it goes on from in place of `previous_response_id`, so that any upstream can answer it;
 * untouched where it names none. Sees to it that the answer is kept, unless `store` is false. null = it was refused.
 */
export async function continueConversation(call: ResponsesCall): Promise<Buffer | null> {
  const { runtime, scope, bytes, request } = call
  const { responses } = runtime
  if (responses === null) return bytes
  const mayMatter = bytes.includes('"previous_response_id"') || bytes.includes('"store"')
  const document = mayMatter ? readJsonObject(bytes.toString()) : null
  const previousId = document?.['previous_response_id'] ?? null
  if (document === null || typeof previousId !== 'string') {
    if (document?.['store'] !== false) keepAnswer(call, responses, { previous: null, previousId: null })
    return bytes
  }
  const known = await responses.find(scope.exchange.identity, previousId)
  // One of the upstream's own, from before us or around us; a format without such ids cannot know it.
  if (known.kind === 'unknown' && (await speaksResponses(runtime, request, document))) return bytes
  if (known.kind !== 'own') {
    sendUnknownPrevious(scope, previousId)
    return null
  }
  if (document['store'] !== false) keepAnswer(call, responses, { previous: known.record.seq, previousId })
  const { previous_response_id: _id, input, ...rest } = document
  return Buffer.from(
    JSON.stringify({ ...rest, input: [...conversationOf(known.chain), ...inputItems(input)] }),
  )
}

function keepAnswer(
  { scope: { answer, exchange }, bytes }: ResponsesCall,
  responses: ResponseState,
  from: { readonly previous: number | null; readonly previousId: string | null },
): void {
  if (!(answer instanceof RememberedAnswer)) return
  answer.whenWhole((response) => {
    const { input } = readJsonObject(bytes.toString()) ?? {}
    responses.keep({ identity: exchange.identity, ...from, input, response })
  })
}

async function speaksResponses(
  { aliases, directory }: GatewayRuntime,
  { live, pinned }: FastifyRequest,
  { model }: Item,
): Promise<boolean> {
  const routing = { live, aliases, directory }
  const name = typeof model === 'string' ? model : ''
  try {
    const targets =
      pinned === null ? await resolveModel(routing, name) : [await resolvePinned(routing, pinned, name)]
    return targets.every(({ provider }) => provider.endpoints['openai-responses'] !== undefined)
  } catch (error) {
    // What is wrong with the model is told when the exchange is routed.
    if (error instanceof RequestRefused) return true
    throw error
  }
}
