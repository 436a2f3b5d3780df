import { setImmediate as tick } from 'node:timers/promises'

const EVENTS = ['unhandledRejection', 'uncaughtException'] as const

/**
 * Runs `work` and gives what escaped meanwhile: rejections nobody handled and exceptions nobody caught. Whoever else
 * listens for them in this process, such as a test runner, does not hear of these.
 */
export async function escapesOf(work: () => Promise<void>): Promise<readonly unknown[]> {
  const escaped: unknown[] = []
  const catchOne = (thrown: unknown): void => void escaped.push(thrown)
  const others = EVENTS.map((event) => [event, process.rawListeners(event)] as const)
  for (const [event] of others) process.removeAllListeners(event).on(event, catchOne)
  try {
    await work()
    // A rejection counts as unhandled only after the microtasks, a timer of 0 ms fires later still.
    for (let turn = 0; turn < 5; turn += 1) await tick()
    await new Promise((resolve) => setTimeout(resolve, 10))
  } finally {
    for (const [event, listeners] of others) {
      process.removeListener(event, catchOne)
      for (const listener of listeners) process.on(event, listener as () => void)
    }
  }
  return escaped
}
