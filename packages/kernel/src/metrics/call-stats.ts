/** Upper ends of the histogram's buckets, in milliseconds; one more bucket takes what is slower. */
const LIMITS_MS = [1, 5, 25, 100, 500, 2500, 10_000] as const

/** How often something was called and how long it took. */
export interface CallMetrics {
  readonly calls: number
  readonly errors: number
  readonly totalMs: number
  readonly maxMs: number
  /** Ended calls by how long they took, over the former bucket's limit; null = no limit. */
  readonly histogram: readonly { readonly upToMs: number | null; readonly calls: number }[]
}

/** Counts the calls of one thing. A call that has not ended is counted, but not yet timed. */
export class CallStats {
  #calls = 0
  #errors = 0
  #totalMs = 0
  #maxMs = 0
  readonly #buckets = Array.from({ length: LIMITS_MS.length + 1 }, () => 0)

  begin(): void {
    this.#calls += 1
  }

  end(durationMs: number): void {
    this.#totalMs += durationMs
    this.#maxMs = Math.max(this.#maxMs, durationMs)
    const found = LIMITS_MS.findIndex((limit) => durationMs <= limit)
    const bucket = found < 0 ? LIMITS_MS.length : found
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
  }

  fail(): void {
    this.#errors += 1
  }

  /** A whole call at once. */
  record(durationMs: number, success: boolean): void {
    this.begin()
    this.end(durationMs)
    if (!success) this.fail()
  }

  read(): CallMetrics {
    const histogram = this.#buckets.map((calls, index) => ({ upToMs: LIMITS_MS[index] ?? null, calls }))
    return { calls: this.#calls, errors: this.#errors, totalMs: this.#totalMs, maxMs: this.#maxMs, histogram }
  }
}
