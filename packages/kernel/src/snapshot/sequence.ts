import { isThenable } from '../deadline.ts'
import { reportFailure, settleHandler } from './handler.ts'
import type { BoundHandler, Report } from './handler.ts'

/** What a handler's return value means: an end with an answer, a new payload for those after it, or nothing (null). */
export type Step<Answer> =
  | { readonly end: true; readonly answer: Answer }
  | { readonly end: false; readonly payload: unknown }
  | null

/** How one kind of in-order hook reads its handlers. */
export interface SequenceRules<Answer> {
  /** Never asked about undefined, which always means to go on. Throws on a value the kind does not know. */
  read(handler: BoundHandler, value: unknown, payload: unknown): Step<Answer>
  /** The answer when a handler that says `onError: 'block'` failed. */
  refuse(handler: BoundHandler, reason: string): Answer
  /** The answer when no handler ended the run. */
  finish(payload: unknown): Answer
}

const never = (): Promise<never> => Promise.reject(new Error('only around handlers have a next'))

/** Compiles an in-order run. It stays synchronous up to the first handler that returns a promise. */
export function compileSequence<Answer>(
  handlers: readonly BoundHandler[],
  rules: SequenceRules<Answer>,
  report: Report,
): (payload: unknown) => Answer | Promise<Answer> {
  const failed = (handler: BoundHandler, thrown: unknown): Step<Answer> => {
    const error = reportFailure(handler, thrown, report)
    return handler.onError === 'block' ? { end: true, answer: rules.refuse(handler, error.message) } : null
  }

  const run = (first: number, payload: unknown): Answer | Promise<Answer> => {
    let current = payload
    for (let index = first; index < handlers.length; index += 1) {
      const handler = handlers[index] as BoundHandler
      let step: Step<Answer>
      try {
        const value = handler.call(current, never)
        if (value === undefined) {
          handler.streak.failures = 0
          continue
        }
        if (isThenable(value)) return later(index, value, current)
        step = rules.read(handler, value, current)
        handler.streak.failures = 0
      } catch (thrown) {
        step = failed(handler, thrown)
      }
      if (step === null) continue
      if (step.end) return step.answer
      current = step.payload
    }
    return rules.finish(current)
  }

  const later = async (index: number, pending: PromiseLike<unknown>, payload: unknown): Promise<Answer> => {
    const handler = handlers[index] as BoundHandler
    let step: Step<Answer>
    try {
      const value = await settleHandler(handler, pending)
      step = value === undefined ? null : rules.read(handler, value, payload)
      handler.streak.failures = 0
    } catch (thrown) {
      step = failed(handler, thrown)
    }
    if (step === null) return run(index + 1, payload)
    return step.end ? step.answer : run(index + 1, step.payload)
  }

  return (payload) => run(0, payload)
}
