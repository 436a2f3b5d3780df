import type { LossReport } from '../loss.ts'
import type { ModelBlock, ModelDelta, StopReason } from '../model/event.ts'
import type { WireFormat } from '../model/format-name.ts'

/** Reports what a chat answer cannot say, each kind once: an answer has many pieces, a report should not. */
export interface AnswerLoss {
  block(block: ModelBlock): void
  delta(delta: ModelDelta): void
  event(format: WireFormat): void
  finish(reason: StopReason, stopSequence: string | null): void
}

export function createAnswerLoss(loss: LossReport): AnswerLoss {
  const told = new Set<string>()
  const tell = (kind: 'dropped' | 'changed', code: string, pointer: string, detail: string): void => {
    if (told.has(code)) return
    told.add(code)
    loss.add(kind, code, pointer, detail)
  }
  return {
    block(block) {
      if (block.type === 'opaque') {
        tell('dropped', 'block-unsupported', '/content', `Blocks only ${block.format} knows have no counterpart.`)
      } else if (block.type === 'redacted_thinking') {
        tell('dropped', 'thinking-unsupported', '/content', `Hidden thinking of ${block.issuer} has no counterpart.`)
      }
    },
    delta(delta) {
      if (delta.type === 'signature') {
        tell('dropped', 'thinking-signature-unsupported', '/content', 'A chat answer carries no signature of thinking.')
      } else {
        tell('dropped', 'delta-unsupported', '/content', 'Parts of a block, such as citations, have no counterpart.')
      }
    },
    event(format) {
      tell('dropped', 'event-unsupported', '', `Events only ${format} knows have no counterpart.`)
    },
    finish(reason, stopSequence) {
      if (stopSequence !== null) {
        tell('dropped', 'stop-sequence-unsupported', '/stop_sequence', 'A chat answer does not say which sequence stopped it.')
      }
      if (reason === 'pause_turn') {
        tell('changed', 'stop-reason-changed', '/stop_reason', 'The paused turn was written as finished.')
      }
    },
  }
}
