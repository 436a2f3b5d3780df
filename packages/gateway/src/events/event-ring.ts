/** So many events are kept for who comes back. */
export const CAPACITY = 1_000

/** What happened. `type` is a word of ours; `data`, which must not change any more, becomes JSON, which has no line break. */
export interface LoggedEvent {
  readonly type: string
  readonly data: unknown
}

/** One event, numbered. */
export class RingEvent implements LoggedEvent {
  readonly id: number
  readonly type: string
  readonly data: unknown
  #text: string | null = null

  constructor(id: number, type: string, data: unknown) {
    this.id = id
    this.type = type
    this.data = data
  }

  /** As it is sent. Written when it is first asked for: most events nobody reads. */
  get text(): string {
    this.#text ??= `id: ${this.id}\nevent: ${this.type}\ndata: ${JSON.stringify(this.data)}\n\n`
    return this.#text
  }
}

/** What comes after an event. */
export interface Following {
  readonly events: readonly RingEvent[]
  /** How many between are gone; null = that cannot be known, 0 = none. */
  readonly missed: number | null
}

/**
 * The newest events, for who reads along and for who comes back. Ids go up by one, and over a restart too: they begin at the
 * time of day.
 */
export class EventRing {
  readonly #capacity: number
  readonly #first: number
  readonly #events: RingEvent[] = []
  readonly #listeners = new Set<() => void>()
  #last: number

  constructor({ capacity, startId }: { readonly capacity: number; readonly startId: number }) {
    this.#capacity = capacity
    this.#first = startId
    this.#last = startId - 1
  }

  /** Id of the newest event. */
  get last(): number {
    return this.#last
  }

  get listeners(): number {
    return this.#listeners.size
  }

  publish(type: string, data: unknown): void {
    this.#last += 1
    this.#events.push(new RingEvent(this.#last, type, data))
    if (this.#events.length > this.#capacity) this.#events.shift()
    for (const listener of this.#listeners) listener()
  }

  /** So many events have numbers and are gone, and with them all that came before. */
  skip(count: number): void {
    if (count === 0) return
    this.#last += count
    this.#events.length = 0
  }

  /** All there is, for a copy: a ring with the same start that skips those that are gone, then publishes the others. */
  whole(): { readonly startId: number; readonly dropped: number; readonly events: readonly LoggedEvent[] } {
    const events = this.#events.map(({ type, data }) => ({ type, data }))
    return { startId: this.#first, dropped: this.#last + 1 - events.length - this.#first, events }
  }

  after(id: number): Following {
    const oldest = this.#last - this.#events.length + 1
    if (id > this.#last) return { events: this.#events, missed: null }
    if (id >= oldest - 1) return { events: this.#events.slice(id - oldest + 1), missed: 0 }
    return { events: this.#events, missed: id < this.#first - 1 ? null : oldest - 1 - id }
  }

  /** Calls the listener after each event; gives the function that ends that. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
