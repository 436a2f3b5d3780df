import type { LossReport } from '../loss.ts'
import { AnswerLoss, isUnsaidReason } from '../model/answer-loss.ts'
import type { StopReason } from '../model/event.ts'
import type { WireFormat } from '../model/format-name.ts'

/** Reports what a response cannot say, each kind once. */
export class ResponseLoss {
  readonly #losses: AnswerLoss

  constructor(loss: LossReport) {
    this.#losses = new AnswerLoss(loss)
  }

  block(format: WireFormat): void {
    this.#drop('block-unsupported', '/content', `Blocks only ${format} knows have no counterpart.`)
  }

  delta(): void {
    this.#drop('delta-unsupported', '/content', 'Parts of a block, such as citations, have no counterpart.')
  }

  event(format: WireFormat): void {
    this.#drop('event-unsupported', '', `Events only ${format} knows have no counterpart.`)
  }

  finish(reason: StopReason, stopSequence: string | null, hasRefusal: boolean): void {
    if (stopSequence !== null) {
      const detail = 'A response does not say which sequence stopped it.'
      this.#drop('stop-sequence-unsupported', '/stop_sequence', detail)
    }
    if (isUnsaidReason(reason, hasRefusal)) this.#losses.nearestReason(reason)
  }

  reasoningTokens(): void {
    const detail =
      'The upstream did not say how many tokens were thinking; the format requires a count, so 0 is said.'
    this.#losses.add('emulated', 'reasoning-tokens-unknown', '/usage', detail)
  }

  #drop(code: string, pointer: string, detail: string): void {
    this.#losses.add('dropped', code, pointer, detail)
  }
}
