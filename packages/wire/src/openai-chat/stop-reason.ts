import type { StopReason } from '../model/event.ts'

/** What was in the answer, as far as it bears on the reason it stopped. */
export interface AnswerContent {
  readonly hasToolCall: boolean
  readonly hasRefusal: boolean
}

/** Reasons of compatible servers that mean the answer was given up. */
const FAILED = new Set(['error', 'abort', 'insufficient_system_resource'])

/**
 * `finish_reason` as a neutral reason; null when it tells of a failure. `stop` beside tool calls is what OpenAI says of
 * a forced call, and what some servers say of every call.
 */
export function readFinishReason(
  value: string,
  { hasToolCall, hasRefusal }: AnswerContent,
): StopReason | null {
  if (FAILED.has(value)) return null
  switch (value) {
    case 'length':
      return 'max_tokens'
    case 'model_length':
      return 'context_exceeded'
    case 'content_filter':
      return 'content_filter'
    case 'tool_calls':
    case 'function_call':
      return 'tool_use'
    default:
      if (hasToolCall) return 'tool_use'
      return hasRefusal ? 'refusal' : 'end_turn'
  }
}

/** A refusal that the message itself words ends in `stop`, as with OpenAI; one without words was a filter's. */
export function writeFinishReason(reason: StopReason, hasRefusal: boolean, isLegacy = false): string {
  switch (reason) {
    case 'end_turn':
    case 'stop_sequence':
    case 'pause_turn':
      return 'stop'
    case 'max_tokens':
    case 'context_exceeded':
      return 'length'
    case 'tool_use':
      return isLegacy ? 'function_call' : 'tool_calls'
    case 'refusal':
      return hasRefusal ? 'stop' : 'content_filter'
    case 'content_filter':
      return 'content_filter'
  }
}
