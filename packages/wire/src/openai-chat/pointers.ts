import { isMadeId } from '../model/call-ids.ts'
import type { ModelRequest, Place, RequestSource } from '../model/request.ts'

const FIELDS: Partial<Record<keyof ModelRequest, string>> = {
  topP: '/top_p',
  topK: '/top_k',
  stopSequences: '/stop',
  toolChoice: '/tool_choice',
  parallelToolCalls: '/parallel_tool_calls',
  responseFormat: '/response_format',
  reasoning: '/reasoning_effort',
  frequencyPenalty: '/frequency_penalty',
  presencePenalty: '/presence_penalty',
  topLogprobs: '/top_logprobs',
  serviceTier: '/service_tier',
  extras: '',
}

/** Marks a request as read from the Chat Completions format and finds its places again. */
export const openaiChatSource: RequestSource = {
  format: 'openai-chat',
  pointer(request, place) {
    if ('tool' in place) return `/${request.legacyFunctions ? 'functions' : 'tools'}/${place.tool}`
    if (!('field' in place)) return messagePointer(request, place)
    if (place.field === 'maxTokens') return request.legacyMaxTokens ? '/max_tokens' : '/max_completion_tokens'
    if (place.field === 'toolChoice' && request.legacyFunctions) return '/function_call'
    return FIELDS[place.field] ?? `/${place.field}`
  },
}

type MessagePlace = Exclude<Place, { tool: number } | { field: unknown }>

/** System messages come first in the same array; an assistant's calls, thinking and refusal have fields of their own. */
function messagePointer(request: ModelRequest, place: MessagePlace): string {
  const isSystem = 'system' in place
  const pointer = `/messages/${isSystem ? place.system : request.system.length + place.message}`
  const message = isSystem ? request.system[place.system] : request.messages[place.message]
  const block = place.block === undefined ? undefined : message?.content[place.block]
  if (message === undefined || block === undefined) return pointer
  const before = message.content.slice(0, place.block)
  if (block.type === 'tool_call' && isMadeId(block.id)) return `${pointer}/function_call`
  if (block.type === 'tool_call') {
    return `${pointer}/tool_calls/${before.filter(({ type }) => type === 'tool_call').length}`
  }
  if (block.type === 'thinking') return `${pointer}/reasoning_content`
  if (block.type === 'tool_result' && 'inner' in place) return `${pointer}/content/${place.inner}`
  if (block.type === 'tool_result' || block.type === 'refusal') return pointer
  return `${pointer}/content/${before.filter(({ type }) => type !== 'thinking' && type !== 'tool_call').length}`
}
