export interface StoredAnswer {
  readonly contentType: string
  readonly body: string
}

interface Entry {
  readonly answer: StoredAnswer
  readonly bytes: number
  readonly until: number
}

export interface AnswerStoreOptions {
  readonly ttlMs: number
  readonly maxBytes: number
  readonly maxAnswerBytes: number
}

export interface StoreFigures {
  readonly entries: number
  readonly bytes: number
  readonly hits: number
  readonly misses: number
  readonly stored: number
  readonly evicted: number
  readonly expired: number
}

/** Bytes an entry takes apart from its body: its key, its type, the table. */
const OVERHEAD_BYTES = 256

/** Answers by key, until they are too old or others need the room; who was not asked for longest goes first. */
export class AnswerStore {
  readonly #options: AnswerStoreOptions
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>()
  #bytes = 0
  #counts = { hits: 0, misses: 0, stored: 0, evicted: 0, expired: 0 }

  constructor(options: AnswerStoreOptions) {
    this.#options = options
  }

  get(key: string): StoredAnswer | null {
    const entry = this.#entries.get(key)
    if (entry !== undefined && entry.until > Date.now()) {
      this.#counts.hits += 1
      this.#entries.delete(key)
      this.#entries.set(key, entry)
      return entry.answer
    }
    if (entry !== undefined) {
      this.#remove(key, entry)
      this.#counts.expired += 1
    }
    this.#counts.misses += 1
    return null
  }

  set(key: string, answer: StoredAnswer): void {
    const size = Buffer.byteLength(answer.body)
    const bytes = size + OVERHEAD_BYTES
    const { maxAnswerBytes, maxBytes, ttlMs } = this.#options
    if (size > maxAnswerBytes || bytes > maxBytes) return
    const former = this.#entries.get(key)
    if (former !== undefined) this.#remove(key, former)
    this.#entries.set(key, { answer, bytes, until: Date.now() + ttlMs })
    this.#bytes += bytes
    this.#counts.stored += 1
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= maxBytes) break
      this.#remove(oldest, entry)
      this.#counts.evicted += 1
    }
  }

  /** Gives how many there were. */
  clear(): number {
    const { size } = this.#entries
    this.#entries.clear()
    this.#bytes = 0
    return size
  }

  figures(): StoreFigures {
    return { entries: this.#entries.size, bytes: this.#bytes, ...this.#counts }
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }
}
