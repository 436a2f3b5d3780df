import type { KeyLimits, RateBucket, Standing } from '@agentproxy/store'
import { take } from './rate.ts'

export type RateLimits = Pick<KeyLimits, 'requestsPerMinute' | 'tokensPerMinute'>

export const NO_RATES: RateLimits = { requestsPerMinute: null, tokensPerMinute: null }

export function isRated({ requestsPerMinute, tokensPerMinute }: RateLimits): boolean {
  return requestsPerMinute !== null || tokensPerMinute !== null
}

export interface RatesTaken {
  /** How long to wait, in milliseconds; 0 = both were taken. */
  readonly waitMs: number
  /** As they are after it. */
  readonly buckets: Readonly<Record<string, RateBucket>>
}

/** Takes one request and its tokens of what is allowed by the minute. All or nothing: what one limit refuses does not use up the other. Pure. */
export function takeRates(
  { requestsPerMinute, tokensPerMinute }: RateLimits,
  { buckets, now }: Pick<Standing, 'buckets' | 'now'>,
  tokens: number,
): RatesTaken {
  const taken = Object.entries({
    ...(requestsPerMinute !== null && { requests: { perMinute: requestsPerMinute, amount: 1 } }),
    ...(tokensPerMinute !== null && { tokens: { perMinute: tokensPerMinute, amount: tokens } }),
  }).map(([name, request]) => [name, take(buckets[name] ?? null, request, now)] as const)
  return {
    waitMs: Math.max(0, ...taken.map(([, { waitMs }]) => waitMs)),
    buckets: Object.fromEntries(taken.map(([name, { bucket }]) => [name, bucket])),
  }
}

/** What to give back of the tokens that were taken; negative = more was used. */
export function unusedTokens({ tokensPerMinute }: RateLimits, amount: number) {
  return tokensPerMinute === null ? undefined : { name: 'tokens', amount, most: tokensPerMinute }
}
