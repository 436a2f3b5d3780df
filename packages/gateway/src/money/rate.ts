import type { RateBucket } from '@agentproxy/store'

const MINUTE_MS = 60_000

export interface Taken {
  readonly bucket: RateBucket
  /** 0 = it was taken; else nothing was, and after so long there will be enough. */
  readonly waitMs: number
}

/**
 * Takes an amount of what is allowed by the minute. A bucket begins full and fills evenly; null = a new one. More than it can
 * ever hold is given when it is full, and then owed. Pure.
 */
export function take(
  bucket: RateBucket | null,
  request: { readonly perMinute: number; readonly amount: number },
  now: number,
): Taken {
  const { perMinute, amount } = request
  const full = refill(bucket, perMinute, now)
  const missing = Math.min(amount, perMinute) - full.left
  // Rounding must not make anybody wait for a millionth.
  if (missing > 1e-6)
    return { bucket: full, waitMs: Math.max(1, Math.ceil((missing / perMinute) * MINUTE_MS)) }
  return { bucket: { left: full.left - amount, at: full.at }, waitMs: 0 }
}

function refill(bucket: RateBucket | null, perMinute: number, now: number): RateBucket {
  if (bucket === null) return { left: perMinute, at: now }
  // A clock that was set back fills nothing.
  const grown = (Math.max(0, now - bucket.at) / MINUTE_MS) * perMinute
  return { left: Math.min(perMinute, bucket.left + grown), at: Math.max(now, bucket.at) }
}
