import type { ModelRequest, Place, RequestSource } from '../model/request.ts'

/** Where a message and its blocks stood, as JSON pointers: one message may gather several items. */
export interface Spot {
  readonly at: string
  readonly blocks: readonly string[]
}

export interface ResponsesSource extends RequestSource {
  readonly system: readonly Spot[]
  readonly messages: readonly Spot[]
  readonly tools: readonly string[]
}

const FIELDS: Partial<Record<keyof ModelRequest, string>> = {
  toolChoice: '/tool_choice',
  parallelToolCalls: '/parallel_tool_calls',
  responseFormat: '/text/format',
  reasoning: '/reasoning/effort',
  maxTokens: '/max_output_tokens',
  topP: '/top_p',
  topLogprobs: '/top_logprobs',
  serviceTier: '/service_tier',
  extras: '',
}

/** Marks a request as read from the Responses format and keeps where its parts stood. */
export function responsesSource(
  spots: Pick<ResponsesSource, 'system' | 'messages' | 'tools'>,
): ResponsesSource {
  return { format: 'openai-responses', ...spots, pointer: pointerOf }
}

/** One function for all sources, so that equal requests compare equal. */
function pointerOf(this: ResponsesSource, _request: ModelRequest, place: Place): string {
  if ('field' in place) return FIELDS[place.field] ?? `/${place.field}`
  if ('tool' in place) return this.tools[place.tool] ?? '/tools'
  const spot = 'system' in place ? this.system[place.system] : this.messages[place.message]
  if (spot === undefined) return '/input'
  const block = place.block === undefined ? undefined : spot.blocks[place.block]
  if (block === undefined) return spot.at
  return 'inner' in place && place.inner !== undefined ? `${block}/output/${place.inner}` : block
}
