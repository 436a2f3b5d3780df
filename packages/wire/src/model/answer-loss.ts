import type { Loss, LossReport } from '../loss.ts'
import type { StopReason } from './event.ts'

/** Reports what an answer cannot say, each kind once: an answer has many pieces, a report should not. */
export class AnswerLoss {
  readonly #loss: LossReport
  readonly #told = new Set<string>()

  constructor(loss: LossReport) {
    this.#loss = loss
  }

  add(kind: Loss['kind'], code: string, pointer: string, detail: string): void {
    if (this.#told.has(code)) return
    this.#told.add(code)
    this.#loss.add(kind, code, pointer, detail)
  }

  /** The format cannot say this reason and says the nearest it knows. */
  nearestReason(reason: StopReason): void {
    const detail = `The reason "${reason}" was written as the nearest that the format knows.`
    this.add('changed', 'stop-reason-changed', '/stop_reason', detail)
  }
}

/** What OpenAI and Gemini have no word for: a refusal is told from a filter's by its words alone. */
export function isUnsaidReason(reason: StopReason, hasRefusal: boolean): boolean {
  return reason === 'pause_turn' || reason === 'context_exceeded' || (reason === 'refusal' && !hasRefusal)
}
