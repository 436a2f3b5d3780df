import type { EventBatch } from '../peers/peer-message.ts'
import type { EventListener, Peers } from '../peers/peers.ts'
import type { EventLog } from './event-log.ts'
import { CAPACITY, EventRing } from './event-ring.ts'
import type { LoggedEvent } from './event-ring.ts'

/** How long events wait to be handed on together: while somebody reads them, and while nobody does. */
const WATCHED_MS = 10
const UNWATCHED_MS = 1_000

/**
 * The events of all processes behind one address, in the order the hub gives them. This one's are handed on in batches, the
 * newest at most, so that events nobody reads cost little; a copy of all is here only while somebody reads.
 */
export class SharedEvents implements EventLog, EventListener {
  readonly #peers: Peers
  #backlog: LoggedEvent[] = []
  #dropped = 0
  #everyMs = UNWATCHED_MS
  #timer: NodeJS.Timeout | null = null
  #readers = 0
  #ring: EventRing | null = null
  #waiting: ((ring: EventRing) => void)[] = []

  constructor(peers: Peers) {
    this.#peers = peers
    peers.onEvents(this)
    peers.asked('events', () => {
      this.#handOn()
      return null
    })
  }

  publish(type: string, data: unknown): void {
    this.#backlog.push({ type, data })
    if (this.#backlog.length > CAPACITY) {
      this.#backlog.shift()
      this.#dropped += 1
    }
    this.#timer ??= setTimeout(() => this.#handOn(), this.#everyMs).unref()
  }

  enter(): Promise<EventRing> {
    this.#readers += 1
    if (this.#ring !== null) return Promise.resolve(this.#ring)
    if (this.#readers === 1) this.#peers.send({ kind: 'watch', on: true })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  leave(): void {
    this.#readers -= 1
    if (this.#readers > 0) return
    this.#ring = null
    this.#peers.send({ kind: 'watch', on: false })
  }

  watched(on: boolean): void {
    this.#everyMs = on ? WATCHED_MS : UNWATCHED_MS
    if (on) this.#handOn()
  }

  ring({ startId, ...known }: EventBatch & { readonly startId: number }): void {
    if (this.#ring !== null || this.#readers === 0) return
    this.#ring = new EventRing({ capacity: CAPACITY, startId })
    this.events(known)
    for (const resolve of this.#waiting.splice(0)) resolve(this.#ring)
  }

  events({ dropped, events }: EventBatch): void {
    this.#ring?.skip(dropped)
    for (const { type, data } of events) this.#ring?.publish(type, data)
  }

  /** Leaves nothing behind that the others do not know. */
  #handOn(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#backlog.length === 0) return
    this.#peers.send({ kind: 'events', dropped: this.#dropped, events: this.#backlog })
    this.#backlog = []
    this.#dropped = 0
  }
}
