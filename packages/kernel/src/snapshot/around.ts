import { isThenable } from '../deadline.ts'
import { failureOf, reportFailure, timedOut } from './handler.ts'
import type { BoundHandler, Report } from './handler.ts'

type Action = () => Promise<unknown>

/** Compiles an onion: the first handler is the outermost layer, `next` the core. */
export function compileAround(
  handlers: readonly BoundHandler[],
  report: Report,
): (payload: unknown, next: Action) => Promise<unknown> {
  return (payload, next) => {
    const layer = (index: number): Promise<unknown> => {
      const handler = handlers[index]
      return handler === undefined ? next() : callLayer(handler, payload, () => layer(index + 1), report)
    }
    return layer(0)
  }
}

async function callLayer(
  handler: BoundHandler,
  payload: unknown,
  action: Action,
  report: Report,
): Promise<unknown> {
  const once = actOnce(handler, action, report)
  handler.owner.activity.enter()
  try {
    const returned = handler.call(payload, once.next)
    const value = isThenable(returned) ? await ownTime(handler, returned, once) : returned
    if (value === undefined) throw new TypeError('returned nothing; return the result of next()')
    handler.streak.failures = 0
    return value
  } catch (thrown) {
    return await recover(handler, thrown, { once, action, report })
  } finally {
    once.close()
    handler.owner.activity.leave()
  }
}

/** The action as one handler sees it: it runs at most once, and not after the handler has ended. */
interface Once {
  readonly next: Action
  /** The action's own outcome, once begun. */
  readonly begun: () => Promise<unknown> | null
  readonly close: () => void
  /** Called as the action begins and as it settles. */
  onTurn: (running: boolean) => void
}

function actOnce(handler: BoundHandler, action: Action, report: Report): Once {
  let begun: Promise<unknown> | null = null
  let closed = false
  const refuse = (what: string): Promise<unknown> => {
    const error = failureOf(handler, 'HOOK_FAILED', what, undefined)
    reportFailure(handler, error, report)
    return handled(Promise.reject(error))
  }
  const once: Once = {
    begun: () => begun,
    onTurn: () => {},
    close: () => {
      closed = true
    },
    next: () => {
      if (begun !== null) return refuse('called next() twice')
      if (closed) return refuse('called next() after it had ended')
      once.onTurn(true)
      begun = handled(action())
      const settled = (): void => once.onTurn(false)
      begun.then(settled, settled)
      return begun
    },
  }
  return once
}

/** Waits for a handler; the limit counts its own time, each stretch before and after the action. */
function ownTime(handler: BoundHandler, pending: PromiseLike<unknown>, once: Once): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    let ended = false
    const arm = (running: boolean): void => {
      clearTimeout(timer)
      if (!running && !ended) timer = setTimeout(() => reject(timedOut(handler)), handler.timeoutMs)
    }
    const end = (): void => {
      ended = true
      clearTimeout(timer)
    }
    const begun = once.begun()
    once.onTurn = arm
    if (begun === null) arm(false)
    Promise.resolve(pending).finally(end).then(resolve, reject)
  })
}

interface Recovery {
  readonly once: Once
  readonly action: Action
  readonly report: Report
}

async function recover(handler: BoundHandler, thrown: unknown, recovery: Recovery): Promise<unknown> {
  const { once, action, report } = recovery
  once.close()
  const begun = once.begun()
  if (begun === null) {
    const error = reportFailure(handler, thrown, report)
    if (handler.onError === 'block') throw error
    return action()
  }
  // The action ran, and cannot be taken back: its own outcome stands, whatever the handler made of it.
  const passedOn = await begun.then(
    () => false,
    (error: unknown) => error === thrown,
  )
  if (!passedOn) reportFailure(handler, thrown, report)
  return begun
}

/** Keeps a promise that a handler may drop from counting as an unhandled rejection. */
function handled(promise: Promise<unknown>): Promise<unknown> {
  promise.catch(() => {})
  return promise
}
