/** Messages of any kind a guest may send unasked in one second. */
export const MESSAGES_PER_SECOND = 2000

/** Counts what comes within one second. */
export class RateMeter {
  readonly #limit: number
  #windowStart = 0
  #used = 0
  #allowed = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Lets an amount pass uncounted, whenever it comes. */
  allow(amount: number): void {
    this.#allowed += amount
  }

  /** Adds an amount and tells whether the second's limit still holds. */
  take(amount: number): boolean {
    const now = performance.now()
    if (now - this.#windowStart >= 1000) {
      this.#windowStart = now
      this.#used = 0
    }
    const free = Math.min(amount, this.#allowed)
    this.#allowed -= free
    this.#used += amount - free
    return this.#used <= this.#limit
  }
}
