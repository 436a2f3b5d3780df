import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { StopReason } from '../model/event.ts'

/** What was in the answer, as far as it bears on the reason it stopped. */
export interface AnswerContent {
  readonly hasToolCall: boolean
  readonly hasRefusal: boolean
}

/** Why a response ended that did not fail. */
export function readStopReason(response: JsonRecord, { hasToolCall, hasRefusal }: AnswerContent): StopReason {
  const details = isRecord(response['incomplete_details']) ? response['incomplete_details'] : {}
  if (details['reason'] === 'content_filter') return 'content_filter'
  if (response['status'] === 'incomplete' || details['reason'] === 'max_output_tokens') return 'max_tokens'
  if (hasToolCall) return 'tool_use'
  return hasRefusal ? 'refusal' : 'end_turn'
}

/** The reason of `incomplete_details`; null for a whole answer. A refusal that the message itself words is whole. */
export function writeIncompleteReason(
  reason: StopReason,
  hasRefusal: boolean,
): 'max_output_tokens' | 'content_filter' | null {
  switch (reason) {
    case 'end_turn':
    case 'stop_sequence':
    case 'pause_turn':
    case 'tool_use':
      return null
    case 'max_tokens':
    case 'context_exceeded':
      return 'max_output_tokens'
    case 'refusal':
      return hasRefusal ? null : 'content_filter'
    case 'content_filter':
      return 'content_filter'
  }
}
