/** One thing that happened. */
export interface SeenEvent {
  /** Counts from 1; the cursor of whoever has seen it. */
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly name: string
  /** `hook`: an observer hook of the host. `bus`: an event between plugins. */
  readonly source: 'hook' | 'bus'
  /** Plain data; `{truncatedBytes}` where it was too large. */
  readonly payload: unknown
}

export interface RingOptions {
  readonly maxEvents: number
  readonly maxEventBytes: number
}

/** The latest events, in order. Payloads are copied, so nothing that is changed later changes here. */
export class EventRing {
  readonly #options: RingOptions
  readonly #slots: SeenEvent[] = []
  #last = 0
  readonly #listeners = new Set<() => void>()

  constructor(options: RingOptions) {
    this.#options = options
  }

  /** The cursor of the latest event; 0 = none yet. */
  get cursor(): number {
    return this.#last
  }

  get size(): number {
    return this.#slots.length
  }

  /** Events that are forgotten. */
  get dropped(): number {
    return this.#last - this.#slots.length
  }

  add(source: SeenEvent['source'], name: string, payload: unknown): void {
    const event = {
      seq: this.#last + 1,
      at: Date.now(),
      name,
      source,
      payload: copyOf(payload, this.#options.maxEventBytes),
    }
    this.#slots[this.#last % this.#options.maxEvents] = event
    this.#last = event.seq
    for (const listener of this.#listeners) listener()
  }

  /** Oldest first, from the one after `cursor`. */
  *after(cursor: number): Generator<SeenEvent> {
    const { maxEvents } = this.#options
    for (let seq = Math.max(cursor, this.dropped) + 1; seq <= this.#last; seq += 1) {
      const event = this.#slots[(seq - 1) % maxEvents]
      if (event !== undefined) yield event
    }
  }

  /** Resolves with the next event, or when `signal` is aborted. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#listeners.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      if (signal.aborted) {
        resolve()
        return
      }
      this.#listeners.add(done)
      signal.addEventListener('abort', done)
    })
  }
}

function copyOf(payload: unknown, maxBytes: number): unknown {
  try {
    const text = JSON.stringify(payload) as string | undefined
    if (text === undefined) return null
    const bytes = Buffer.byteLength(text)
    return bytes > maxBytes ? { truncatedBytes: bytes } : JSON.parse(text)
  } catch {
    return { unreadable: true }
  }
}
