/** Whether a value must be awaited. A promise of another realm counts too. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}

/** Waits for `pending` at most `ms` milliseconds, then rejects with what `expired` gives. A later outcome is swallowed. */
export function withDeadline<T>(pending: PromiseLike<T>, ms: number, expired: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(expired()), ms)
    Promise.resolve(pending)
      .finally(() => clearTimeout(timer))
      .then(resolve, reject)
  })
}
