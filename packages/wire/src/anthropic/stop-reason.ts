import type { LossReport } from '../loss.ts'
import { AnswerLoss } from '../model/answer-loss.ts'
import type { StopReason } from '../model/event.ts'

// https://platform.claude.com/docs/en/api/messages, `stop_reason`.
const READ: Readonly<Record<string, StopReason>> = {
  end_turn: 'end_turn',
  max_tokens: 'max_tokens',
  stop_sequence: 'stop_sequence',
  tool_use: 'tool_use',
  pause_turn: 'pause_turn',
  refusal: 'refusal',
  model_context_window_exceeded: 'context_exceeded',
}

/** null for a reason we do not know. */
export function readStopReason(value: string): StopReason | null {
  return Object.hasOwn(READ, value) ? (READ[value] ?? null) : null
}

export function writeStopReason(reason: StopReason, loss: LossReport): string {
  switch (reason) {
    case 'content_filter':
      new AnswerLoss(loss).nearestReason(reason)
      return 'refusal'
    case 'context_exceeded':
      return 'model_context_window_exceeded'
    case 'end_turn':
    case 'max_tokens':
    case 'stop_sequence':
    case 'tool_use':
    case 'pause_turn':
    case 'refusal':
      return reason
  }
}
