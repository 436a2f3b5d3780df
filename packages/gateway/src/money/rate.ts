/** How much of a limit by the minute is left, and when that was. */
export interface Bucket {
  readonly left: number
  /** Milliseconds since 1970. */
  readonly at: number
}

const MINUTE_MS = 60_000

export interface Taken {
  readonly bucket: Bucket
  /** 0 = it was taken; else nothing was, and after so long there will be enough. */
  readonly waitMs: number
}

/**
 * Takes an amount of what is allowed by the minute. A bucket begins full and fills evenly; null = a new one. More than it can
 * ever hold is given when it is full, and then owed. Pure.
 */
export function take(
  bucket: Bucket | null,
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

/** Gives back what was not used; a negative amount takes what was used beyond it. Pure. */
export function giveBack(bucket: Bucket, perMinute: number, amount: number): Bucket {
  return { ...bucket, left: Math.min(perMinute, bucket.left + amount) }
}

function refill(bucket: Bucket | null, perMinute: number, now: number): Bucket {
  if (bucket === null) return { left: perMinute, at: now }
  // A clock that was set back fills nothing.
  const grown = (Math.max(0, now - bucket.at) / MINUTE_MS) * perMinute
  return { left: Math.min(perMinute, bucket.left + grown), at: Math.max(now, bucket.at) }
}
