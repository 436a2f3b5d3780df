import type { FastifyReply, FastifyRequest } from 'fastify'
import { failure, RequestRefused } from '../exchange/failure.ts'
import type { GatewayLimits } from './limits.ts'

/** Calls are seconds long; sooner there is hardly room. */
const TRY_AGAIN_MS = 1_000

interface Waiting {
  readonly go: () => void
  readonly refuse: () => void
  readonly leave: () => void
}

type Limits = Pick<GatewayLimits, 'openExchanges' | 'openPerKey' | 'waitingExchanges' | 'waitMs'>

/**
 * Lets so many model requests in at once. The next wait in the order they came, unread, so that they cost a socket and no
 * memory; those beyond are refused at once. No key may have more than its part, be they served or waiting.
 */
export class Admission {
  readonly #limits: Limits
  readonly #byKey = new Map<string, number>()
  readonly #queue = new Set<Waiting>()
  #open = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  get waiting(): number {
    return this.#queue.size
  }

  /** Calls `done` when the request may be read, or with why it may not. */
  enter({ identity }: FastifyRequest, { raw }: FastifyReply, done: (refused?: RequestRefused) => void): void {
    const key = identity?.keyId ?? null
    const { openExchanges, openPerKey, waitingExchanges, waitMs } = this.#limits
    const ofKey = key === null ? 0 : (this.#byKey.get(key) ?? 0)
    if (ofKey >= openPerKey) {
      const message = `The key has ${ofKey} requests open, which is the most it may have. Try again when one is done.`
      return done(refused('key_busy', 429, message))
    }
    const busy = (): void => done(refused('busy', 503, 'The gateway has all the requests it can serve.'))
    if (this.#open >= openExchanges && this.#queue.size >= waitingExchanges) return busy()
    if (key !== null) this.#byKey.set(key, ofKey + 1)
    let isOpen = false
    const go = (): void => {
      this.#open += 1
      isOpen = true
      done()
    }
    const waiting = this.#open < openExchanges ? null : this.#wait({ go, refuse: busy }, waitMs)
    raw.once('close', () => {
      if (key !== null) this.#leave(key)
      waiting?.leave()
      if (!isOpen) return
      this.#open -= 1
      this.#next()
    })
    if (waiting === null) go()
  }

  /** Refuses all that wait. */
  close(): void {
    for (const waiting of this.#queue) waiting.refuse()
  }

  #wait({ go, refuse }: Pick<Waiting, 'go' | 'refuse'>, waitMs: number): Waiting {
    const leave = (): void => {
      clearTimeout(timer)
      this.#queue.delete(waiting)
    }
    const after = (then: () => void) => (): void => {
      leave()
      then()
    }
    const waiting: Waiting = { go: after(go), refuse: after(refuse), leave }
    const timer = setTimeout(waiting.refuse, waitMs).unref()
    this.#queue.add(waiting)
    return waiting
  }

  #next(): void {
    const [first] = this.#queue
    if (this.#open < this.#limits.openExchanges) first?.go()
  }

  #leave(key: string): void {
    const left = (this.#byKey.get(key) ?? 1) - 1
    if (left === 0) this.#byKey.delete(key)
    else this.#byKey.set(key, left)
  }
}

function refused(reason: string, status: 429 | 503, message: string): RequestRefused {
  const error = failure(status === 429 ? 'rate_limit' : 'overloaded', message, status)
  return new RequestRefused(reason, { ...error, retryAfterMs: TRY_AGAIN_MS })
}
