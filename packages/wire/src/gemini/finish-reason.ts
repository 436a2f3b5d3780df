import type { StopReason } from '../model/event.ts'

/** The model called its tools in a way that could not be read: there is no answer. */
const FAILED = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
])
const FILTERED = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MODEL_ARMOR',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
])

/** `finishReason` as a neutral reason; null when it tells of a failure. Calls of tools end in STOP too. */
export function readFinishReason(value: string, hasToolCall: boolean): StopReason | null {
  if (FAILED.has(value)) return null
  if (FILTERED.has(value)) return 'content_filter'
  if (value === 'MAX_TOKENS') return 'max_tokens'
  return hasToolCall ? 'tool_use' : 'end_turn'
}

/** A refusal that the answer itself words ends in STOP; one without words was a filter's. */
export function writeFinishReason(reason: StopReason, hasRefusal: boolean): string {
  switch (reason) {
    case 'end_turn':
    case 'stop_sequence':
    case 'tool_use':
    case 'pause_turn':
      return 'STOP'
    case 'max_tokens':
    case 'context_exceeded':
      return 'MAX_TOKENS'
    case 'refusal':
      return hasRefusal ? 'STOP' : 'SAFETY'
    case 'content_filter':
      return 'SAFETY'
  }
}
