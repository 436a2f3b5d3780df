import type { Loss, LossReport } from '../loss.ts'

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
}
