import type { LossReport } from '../loss.ts'
import { AnswerLoss, isUnsaidReason } from '../model/answer-loss.ts'
import type { ModelBlock, StopReason } from '../model/event.ts'
import type { WireFormat } from '../model/format-name.ts'

/** Reports what a chat answer cannot say, each kind once. */
export class ChatLoss {
  readonly #losses: AnswerLoss

  constructor(loss: LossReport) {
    this.#losses = new AnswerLoss(loss)
  }

  block(block: ModelBlock): void {
    if (block.type === 'opaque') {
      this.#drop('block-unsupported', '/content', `Blocks only ${block.format} knows have no counterpart.`)
    } else if (block.type === 'redacted_thinking') {
      this.#drop('thinking-unsupported', '/content', `Hidden thinking of ${block.issuer} has no counterpart.`)
    }
  }

  delta(type: 'signature' | 'opaque'): void {
    if (type === 'signature') {
      this.#drop(
        'thinking-signature-unsupported',
        '/content',
        'A chat answer carries no signature of thinking.',
      )
    } else {
      this.#drop('delta-unsupported', '/content', 'Parts of a block, such as citations, have no counterpart.')
    }
  }

  event(format: WireFormat): void {
    this.#drop('event-unsupported', '', `Events only ${format} knows have no counterpart.`)
  }

  finish(reason: StopReason, stopSequence: string | null, hasRefusal: boolean): void {
    if (stopSequence !== null) {
      const detail = 'A chat answer does not say which sequence stopped it.'
      this.#drop('stop-sequence-unsupported', '/stop_sequence', detail)
    }
    if (isUnsaidReason(reason, hasRefusal)) this.#losses.nearestReason(reason)
  }

  secondCall(): void {
    const detail = 'A client of the legacy `functions` takes one call; the others were left out.'
    this.#drop('parallel-call-unsupported', '/content', detail)
  }

  #drop(code: string, pointer: string, detail: string): void {
    this.#losses.add('dropped', code, pointer, detail)
  }
}
