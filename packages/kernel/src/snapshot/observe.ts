import { isThenable } from '../deadline.ts'
import { reportFailure, settleHandler } from './handler.ts'
import type { BoundHandler, Report } from './handler.ts'

/** How busy the observers of one hook are, over all generations. */
export interface ObserverGauge {
  /** Runs whose handlers have not all settled. */
  pending: number
  /** Runs left out because too many were pending. */
  dropped: number
}

/** Runs of one hook that may be pending at once; one more is dropped and counted. */
export const MAX_PENDING_RUNS = 1000

const never = (): Promise<never> => Promise.reject(new Error('only around handlers have a next'))

/** Compiles a parallel run whose promise, if there is one, settles when all handlers have. */
export function compileObserve(
  handlers: readonly BoundHandler[],
  gauge: ObserverGauge,
  report: Report,
): (payload: unknown) => void | Promise<void> {
  const settle = async (handler: BoundHandler, pending: PromiseLike<unknown>): Promise<void> => {
    try {
      await settleHandler(handler, pending)
      handler.streak.failures = 0
    } catch (thrown) {
      reportFailure(handler, thrown, report)
    }
  }
  const finish = async (pending: readonly Promise<void>[]): Promise<void> => {
    gauge.pending += 1
    await Promise.all(pending)
    gauge.pending -= 1
  }
  return (payload) => {
    if (gauge.pending >= MAX_PENDING_RUNS) {
      gauge.dropped += 1
      return undefined
    }
    let pending: Promise<void>[] | null = null
    for (const handler of handlers) {
      try {
        const value = handler.call(payload, never)
        if (isThenable(value)) (pending ??= []).push(settle(handler, value))
        else handler.streak.failures = 0
      } catch (thrown) {
        reportFailure(handler, thrown, report)
      }
    }
    return pending === null ? undefined : finish(pending)
  }
}
