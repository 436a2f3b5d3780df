/** One event, numbered. */
export class RingEvent {
  readonly id: number
  readonly #type: string
  readonly #data: unknown
  #text: string | null = null

  constructor(id: number, type: string, data: unknown) {
    this.id = id
    this.#type = type
    this.#data = data
  }

  /** As it is sent. Written when it is first asked for: most events nobody reads. */
  get text(): string {
    this.#text ??= `id: ${this.id}\nevent: ${this.#type}\ndata: ${JSON.stringify(this.#data)}\n\n`
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

  /** `type` is a word of ours; `data`, which must not change any more, becomes JSON, which has no line break. */
  publish(type: string, data: unknown): void {
    this.#last += 1
    this.#events.push(new RingEvent(this.#last, type, data))
    if (this.#events.length > this.#capacity) this.#events.shift()
    for (const listener of this.#listeners) listener()
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
