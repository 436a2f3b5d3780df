export interface Patience {
  readonly limitMs: number
  /** Ends the waiting too; `act` hears of it through its own signal. */
  readonly signal: AbortSignal
}

// A longer timer fires at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Waits for a plugin's answer, at most until the limit or the signal, and rejects with which of them ended it. */
export async function within<Answer>(
  { limitMs, signal }: Patience,
  act: (signal: AbortSignal) => Answer | PromiseLike<Answer>,
): Promise<Answer> {
  signal.throwIfAborted()
  const late = new AbortController()
  const timer = setTimeout(
    () => late.abort(new Error(`it did not end within ${limitMs} ms`)),
    Math.min(limitMs, LONGEST_TIMER_MS),
  )
  const ends = AbortSignal.any([signal, late.signal])
  const ended = new Promise<never>((_resolve, reject) => {
    ends.addEventListener('abort', () => reject(ends.reason as Error), { once: true })
  })
  // Nobody may be left to hear it when `act` throws at once.
  ended.catch(() => {})
  try {
    return await Promise.race([act(ends), ended])
  } finally {
    clearTimeout(timer)
  }
}
