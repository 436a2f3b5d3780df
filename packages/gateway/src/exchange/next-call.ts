import { backOffMs } from './back-off.ts'
import type { Candidate } from './candidates.ts'
import type { Exchange } from './exchange.ts'
import { failure, RequestRefused } from './failure.ts'
import type { Remedy } from './remedy.ts'
import type { GatewayRuntime } from './runtime.ts'

/** A client is better told to come back than kept waiting for longer. */
const LONGEST_WAIT_MS = 60_000

/** The next call of an exchange: whom, and how long to wait before. */
export interface Turn {
  readonly candidate: Candidate
  readonly waitMs: number
}

export interface FailedCall {
  readonly candidate: Candidate
  readonly remedy: Exclude<Remedy, 'never'>
}

/** Chooses: first every candidate once, in order and at once; then, after a pause, those again that may do better. */
export class NextCall {
  readonly #runtime: Pick<GatewayRuntime, 'accounts' | 'retries' | 'routing'>
  readonly #exchange: Exchange
  readonly #candidates: readonly Candidate[]
  #repeats = 0
  #hasReconnected = false

  constructor(
    runtime: Pick<GatewayRuntime, 'accounts' | 'retries' | 'routing'>,
    exchange: Exchange,
    candidates: readonly Candidate[],
  ) {
    this.#runtime = runtime
    this.#exchange = exchange
    this.#candidates = candidates
  }

  /** null if there is nobody who may be called now. */
  first(): Turn | null {
    return this.#untried(Date.now())
  }

  /** Who comes after a call that failed, or after a candidate that could not take the request (null). */
  after(failed: FailedCall | null): Turn | null {
    const now = Date.now()
    if (failed?.remedy === 'at-once') {
      const { candidate } = failed
      if (!this.#hasReconnected) {
        this.#hasReconnected = true
        return { candidate, waitMs: 0 }
      }
      candidate.isOut = true
    } else if (failed?.remedy === 'elsewhere') {
      failed.candidate.isOut = true
    }
    return this.#untried(now) ?? this.#again(now)
  }

  /** What the client is told if nobody may be called: when to come back. */
  nobodyReady(): RequestRefused {
    const { accounts } = this.#runtime
    const now = Date.now()
    const isCooling = this.#candidates.some((candidate) => accounts.stateOf(candidate, now) === 'cooling')
    const ready = this.#candidates.map((candidate) => accounts.readyAt(candidate, now))
    const retryAfterMs = Math.max(1_000, Math.min(...ready) - now)
    const when = `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`
    const { model } = this.#exchange
    const error = isCooling
      ? failure('rate_limit', `Every account for "${model}" has reached its limit. ${when}`)
      : failure('overloaded', `Every upstream for "${model}" kept failing and is left alone for now. ${when}`)
    return new RequestRefused(isCooling ? 'accounts_cooling' : 'breaker_open', { ...error, retryAfterMs })
  }

  #untried(now: number): Turn | null {
    const { accounts } = this.#runtime
    const candidate = this.#candidates.find(
      (one) => one.calls === 0 && !one.isOut && accounts.readyAt(one, now) <= now,
    )
    return candidate === undefined ? null : { candidate, waitMs: 0 }
  }

  #again(now: number): Turn | null {
    const { accounts, retries, routing } = this.#runtime
    if (this.#repeats >= routing.retries.max) return null
    const pauseMs = backOffMs(this.#repeats + 1)
    const [best] = this.#candidates
      .filter((one) => one.calls > 0 && !one.isOut && accounts.stateOf(one, now) !== 'open')
      .map((candidate) => ({
        candidate,
        waitMs: Math.max(pauseMs, accounts.readyAt(candidate, now) - now),
      }))
      .toSorted((a, b) => a.waitMs - b.waitMs)
    const leftMs = routing.timeouts.totalMs - this.#exchange.elapsedMs
    if (best === undefined || best.waitMs > Math.min(LONGEST_WAIT_MS, leftMs) || !retries.take(now))
      return null
    this.#repeats += 1
    return best
  }
}
