import { endMarked } from '@agentproxy/supervisor'
import { ENDING_SIGNALS } from '../app/ending-signals.ts'
import type { Display } from '../display/display.ts'

const EXIT_CANCELLED = 130

export interface InterruptOptions {
  readonly display: Display
  readonly sessionId: string
  readonly bin: string
  /** Marks of processes that may be running. */
  readonly markers: ReadonlySet<string>
  /** Something failed that nobody caught; stops the task like a first signal. */
  readonly crashed: AbortSignal
}

/** The first signal asks the task to stop and save; the second kills what still runs and leaves. */
export function watchInterrupts(options: InterruptOptions): {
  readonly signal: AbortSignal
  dispose(): void
} {
  const { display, sessionId, bin, markers, crashed } = options
  const controller = new AbortController()
  const stop = (): void => {
    const later = `${bin} resume ${sessionId}`
    display.aside(`Stopping: the agent is asked to end, the task is saved. Once more kills. Later: ${later}`)
    controller.abort()
  }
  const onSignal = (): void => {
    if (!controller.signal.aborted) return stop()
    display.close()
    void Promise.allSettled([...markers].map((marker) => endMarked(marker, 0))).then(() =>
      process.exit(EXIT_CANCELLED),
    )
  }
  for (const signal of ENDING_SIGNALS) process.on(signal, onSignal)
  crashed.addEventListener('abort', stop, { once: true })
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of ENDING_SIGNALS) process.off(signal, onSignal)
      crashed.removeEventListener('abort', stop)
    },
  }
}
