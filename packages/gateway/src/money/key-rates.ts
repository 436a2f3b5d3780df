import type { KeyLimits } from '@agentproxy/store'
import { giveBack, take } from './rate.ts'
import type { Bucket } from './rate.ts'

/** The limits by the minute of all keys. They live as long as the process: a minute is soon over. */
export class KeyRates {
  readonly #requests = new Map<string, Bucket>()
  readonly #tokens = new Map<string, Bucket>()

  /** How long to wait, in milliseconds; 0 = both were taken. */
  take(
    keyId: string,
    limits: KeyLimits,
    { tokens, now }: { readonly tokens: number; readonly now: number },
  ): number {
    const { requestsPerMinute, tokensPerMinute } = limits
    const request =
      requestsPerMinute === null
        ? null
        : take(this.#requests.get(keyId) ?? null, { perMinute: requestsPerMinute, amount: 1 }, now)
    const token =
      tokensPerMinute === null
        ? null
        : take(this.#tokens.get(keyId) ?? null, { perMinute: tokensPerMinute, amount: tokens }, now)
    const waitMs = Math.max(request?.waitMs ?? 0, token?.waitMs ?? 0)
    // All or nothing: what one limit refuses must not use up the other.
    if (waitMs > 0) return waitMs
    if (request !== null) this.#requests.set(keyId, request.bucket)
    if (token !== null) this.#tokens.set(keyId, token.bucket)
    return 0
  }

  /** Corrects what was taken by what was used. */
  correct(keyId: string, limits: KeyLimits, unused: number): void {
    const bucket = this.#tokens.get(keyId)
    if (bucket === undefined || limits.tokensPerMinute === null) return
    this.#tokens.set(keyId, giveBack(bucket, limits.tokensPerMinute, unused))
  }
}
