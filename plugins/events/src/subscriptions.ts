import { randomUUID } from 'node:crypto'
import type { EventRing, SeenEvent } from './event-ring.ts'
import { EventsError } from './events-error.ts'
import { matchEvent } from './match-event.ts'
import type { EventFilter } from './match-event.ts'

interface Subscription {
  readonly filter: EventFilter
  cursor: number
  usedAt: number
}

export interface Ask {
  /** Of an earlier answer; absent = a new subscription. */
  readonly subscription: string | undefined
  /** Where to begin, or to begin again. Default: where it stands; for a new one, now. */
  readonly cursor: number | undefined
  readonly filter: EventFilter
  readonly limit: number
  /** How long to wait for the first event. */
  readonly waitMs: number
}

export interface Batch {
  readonly subscription: string
  /** Give it back to begin here again. */
  readonly cursor: number
  readonly events: readonly SeenEvent[]
  /** Events that were forgotten before they could be given. */
  readonly lost: number
}

const MAX_SUBSCRIPTIONS = 100
const IDLE_MS = 10 * 60_000

/** Who reads along, and how far each has come. */
export class Subscriptions {
  readonly #ring: EventRing
  readonly #open = new Map<string, Subscription>()

  constructor(ring: EventRing) {
    this.#ring = ring
  }

  get size(): number {
    this.#endIdle()
    return this.#open.size
  }

  /** What came since the cursor. Throws `SUBSCRIPTION_NOT_FOUND`, `SUBSCRIPTION_LIMIT`. */
  async read(ask: Ask, signal: AbortSignal): Promise<Batch> {
    this.#endIdle()
    const id = ask.subscription ?? this.#begin(ask)
    const subscription = this.#open.get(id)
    if (subscription === undefined) {
      const message = `there is no subscription ${id}: it was ended or not used for 10 minutes; subscribe again with your last cursor`
      throw new EventsError('SUBSCRIPTION_NOT_FOUND', message)
    }
    if (ask.cursor !== undefined) subscription.cursor = Math.min(ask.cursor, this.#ring.cursor)
    const lost = Math.max(0, this.#ring.dropped - subscription.cursor)
    const over = AbortSignal.any([signal, AbortSignal.timeout(ask.waitMs)])
    let events = this.#take(subscription, ask.limit)
    while (events.length === 0 && ask.waitMs > 0 && !over.aborted) {
      await this.#ring.next(over)
      events = this.#take(subscription, ask.limit)
    }
    subscription.usedAt = Date.now()
    return { subscription: id, cursor: subscription.cursor, events, lost }
  }

  end(id: string): boolean {
    return this.#open.delete(id)
  }

  #begin({ cursor, filter }: Ask): string {
    if (this.#open.size >= MAX_SUBSCRIPTIONS)
      throw new EventsError(
        'SUBSCRIPTION_LIMIT',
        `there are ${MAX_SUBSCRIPTIONS} subscriptions already; end one with events.unsubscribe`,
      )
    const id = randomUUID()
    this.#open.set(id, { filter, cursor: cursor ?? this.#ring.cursor, usedAt: Date.now() })
    return id
  }

  #take(subscription: Subscription, limit: number): readonly SeenEvent[] {
    const events: SeenEvent[] = []
    for (const event of this.#ring.after(subscription.cursor)) {
      subscription.cursor = event.seq
      if (matchEvent(event, subscription.filter)) events.push(event)
      if (events.length >= limit) break
    }
    return events
  }

  #endIdle(): void {
    const oldest = Date.now() - IDLE_MS
    for (const [id, { usedAt }] of this.#open) if (usedAt < oldest) this.#open.delete(id)
  }
}
