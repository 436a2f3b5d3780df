import { readFileSync } from 'node:fs'

const STEP_MS = 5

/**
 * The longest the event loop was held up while `work` ran, in milliseconds. Time this thread was ready to go on, but had
 * to wait for a processor others were using, is the machine's doing and is left out where the system tells it.
 */
export async function lagDuring(work: () => Promise<unknown>): Promise<number> {
  let worst = 0
  let last = { at: performance.now(), queuedMs: queuedMs() }
  const look = (): void => {
    const now = { at: performance.now(), queuedMs: queuedMs() }
    worst = Math.max(worst, now.at - last.at - (now.queuedMs - last.queuedMs) - STEP_MS)
    last = now
  }
  const timer = setInterval(look, STEP_MS)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  look()
  return worst
}

/** What the main thread has spent in the queue for a processor; 0 where Linux does not say. */
function queuedMs(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}
