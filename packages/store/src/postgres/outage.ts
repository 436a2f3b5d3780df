import { setTimeout as sleep } from 'node:timers/promises'

/** How long calls wait for a server that has just gone; one that restarts is back by then. */
const GRACE_MS = 5_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5_000

/** What is known of a server that does not answer, so that calls wait for it together and with growing pauses. */
export class Outage {
  readonly #graceMs: number
  #since: number | null = null
  #pauseMs = 0
  #nextTry = 0
  #error: unknown = null

  constructor(graceMs = GRACE_MS) {
    this.#graceMs = graceMs
  }

  /** The failure that began it; null = there is none. */
  get error(): unknown {
    return this.#since === null ? null : this.#error
  }

  note(error: unknown): void {
    const now = performance.now()
    this.#error = error
    this.#since ??= now
    // Those that failed together count once.
    if (now < this.#nextTry) return
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2))
    this.#nextTry = now + this.#pauseMs * (0.5 + Math.random() / 2)
  }

  end(): void {
    this.#since = null
    this.#error = null
    this.#pauseMs = 0
    this.#nextTry = 0
  }

  /** Waits until the next try is due; throws the noted error where that is too far off. */
  async ready(): Promise<void> {
    if (this.#since === null) return
    const now = performance.now()
    const waitMs = this.#nextTry - now
    if (waitMs <= 0) return
    if (now + waitMs - this.#since > this.#graceMs) throw this.#error
    await sleep(waitMs)
  }
}
