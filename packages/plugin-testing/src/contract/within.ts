/** Waits at most `ms` milliseconds for what may be a promise, then rejects with `late`. */
export async function within<T>(pending: T | PromiseLike<T>, ms: number, late: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(late)), ms)
  })
  try {
    return await Promise.race([pending, over])
  } finally {
    clearTimeout(timer)
  }
}
