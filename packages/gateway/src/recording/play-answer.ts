import type { Dispatcher } from 'undici'

export interface PlayedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly chunks: readonly Buffer[]
  /** Whether the connection breaks after the last chunk. */
  readonly isBroken: boolean
}

/** Gives an answer to a handler as an upstream would: chunk by chunk, paused and ended as it asks. */
export function playAnswer(answer: PlayedAnswer, handler: Dispatcher.DispatchHandler): void {
  const player = new Player(answer, handler)
  setImmediate(() => player.begin())
}

class Player implements Dispatcher.DispatchController {
  readonly #answer: PlayedAnswer
  readonly #handler: Dispatcher.DispatchHandler
  #next = 0
  #isPaused = false
  #isScheduled = false
  #isOver = false
  #reason: Error | null = null

  constructor(answer: PlayedAnswer, handler: Dispatcher.DispatchHandler) {
    this.#answer = answer
    this.#handler = handler
  }

  get aborted(): boolean {
    return this.#reason !== null
  }

  get paused(): boolean {
    return this.#isPaused
  }

  get reason(): Error | null {
    return this.#reason
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#schedule()
  }

  abort(reason: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#reason = reason
    this.#handler.onResponseError?.(this, reason)
  }

  begin(): void {
    this.#handler.onRequestStart?.(this, {})
    if (this.#isOver) return
    this.#handler.onResponseStart?.(this, this.#answer.status, { ...this.#answer.headers }, '')
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isOver) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#step()
    })
  }

  /** One chunk at a time, so that a handler may stop in between. */
  #step(): void {
    if (this.#isOver || this.#isPaused) return
    const chunk = this.#answer.chunks[this.#next]
    if (chunk !== undefined) {
      this.#next += 1
      this.#handler.onResponseData?.(this, chunk)
      this.#schedule()
      return
    }
    this.#isOver = true
    if (this.#answer.isBroken) {
      const broken = Object.assign(new Error('the recorded connection broke here'), {
        code: 'UND_ERR_SOCKET',
      })
      this.#handler.onResponseError?.(this, broken)
    } else {
      this.#handler.onResponseEnd?.(this, {})
    }
  }
}
