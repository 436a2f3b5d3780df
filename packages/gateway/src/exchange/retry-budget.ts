const WINDOW_MS = 10_000
/** So that a gateway with little to do can retry at all. */
const ALWAYS_ALLOWED = 10

/**
 * Bounds how much retries may add to the load on upstreams that fail: a part of the exchanges of the last ten seconds, which
 * are counted in two halves of a window that moves on.
 */
export class RetryBudget {
  readonly #ratio: number
  #begun = 0
  #exchanges = { now: 0, before: 0 }
  #retries = { now: 0, before: 0 }

  constructor(ratio: number) {
    this.#ratio = ratio
  }

  /** An exchange began. */
  count(now: number): void {
    this.#move(now)
    this.#exchanges.now += 1
  }

  /** Takes one retry; false if there is none left. */
  take(now: number): boolean {
    this.#move(now)
    const exchanges = this.#exchanges.now + this.#exchanges.before
    const retries = this.#retries.now + this.#retries.before
    if (retries >= Math.max(ALWAYS_ALLOWED, exchanges * this.#ratio)) return false
    this.#retries.now += 1
    return true
  }

  #move(now: number): void {
    const passed = now - this.#begun
    if (passed < WINDOW_MS / 2) return
    const isNext = passed < WINDOW_MS
    this.#exchanges = { now: 0, before: isNext ? this.#exchanges.now : 0 }
    this.#retries = { now: 0, before: isNext ? this.#retries.now : 0 }
    this.#begun = now
  }
}
