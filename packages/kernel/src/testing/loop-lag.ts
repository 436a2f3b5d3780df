const STEP_MS = 5

/** The longest the event loop was late while `work` ran, in milliseconds. */
export async function lagDuring(work: () => Promise<unknown>): Promise<number> {
  let worst = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    worst = Math.max(worst, now - last - STEP_MS)
    last = now
  }, STEP_MS)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return Math.max(worst, performance.now() - last - STEP_MS)
}
