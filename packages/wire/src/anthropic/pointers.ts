import type { ModelRequest, RequestSource } from '../model/request.ts'

const FIELDS: Partial<Record<keyof ModelRequest, string>> = {
  maxTokens: '/max_tokens',
  topP: '/top_p',
  topK: '/top_k',
  stopSequences: '/stop_sequences',
  toolChoice: '/tool_choice',
  parallelToolCalls: '/tool_choice/disable_parallel_tool_use',
  responseFormat: '/output_config/format',
  serviceTier: '/service_tier',
  user: '/metadata/user_id',
  extras: '',
}

/** Marks a request as read from the Messages format and finds its places again. */
export const anthropicSource: RequestSource = {
  format: 'anthropic',
  pointer(request, place) {
    if ('field' in place && place.field === 'reasoning') return reasoningPointer(request)
    if ('field' in place) return FIELDS[place.field] ?? `/${place.field}`
    if ('tool' in place) return `/tools/${place.tool}`
    if ('system' in place) return place.block === undefined ? '/system' : `/system/${place.block}`
    const { message, block, inner } = place
    const pointer = block === undefined ? `/messages/${message}` : `/messages/${message}/content/${block}`
    return inner === undefined ? pointer : `${pointer}/content/${inner}`
  },
}

/** An effort without a word on thinking is all there is of it. */
function reasoningPointer({ reasoning }: ModelRequest): string {
  const { mode, budgetTokens, effort, extras } = reasoning ?? {}
  const isEffort = effort !== undefined && mode === undefined && budgetTokens === undefined && !extras
  return isEffort ? '/output_config/effort' : '/thinking'
}
