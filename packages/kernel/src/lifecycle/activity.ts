/** Counts the calls in flight in one generation, so that it can drain before it is disposed. */
export class Activity {
  #running = 0
  #waiters: (() => void)[] = []

  get running(): number {
    return this.#running
  }

  enter(): void {
    this.#running += 1
  }

  leave(): void {
    this.#running -= 1
    if (this.#running > 0) return
    for (const wake of this.#waiters.splice(0)) wake()
  }

  /** Resolves when nothing is in flight, at the latest after `limitMs`; tells whether it is idle. */
  idle(limitMs: number): Promise<boolean> {
    if (this.#running === 0) return Promise.resolve(true)
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), limitMs)
      this.#waiters.push(() => {
        clearTimeout(timer)
        resolve(true)
      })
    })
  }
}
