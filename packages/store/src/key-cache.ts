import type { KeyRecord } from './store.ts'

/** A revoked key is good for no longer than this where no notification comes through. */
const FRESH_MS = 1_000
const MOST_KEYS = 10_000

interface Entry {
  readonly record: Promise<KeyRecord | null>
  readonly until: number
}

/** Remembers keys for a moment where asking means a journey over the network. */
export class KeyCache {
  readonly #entries = new Map<string, Entry>()

  find(name: string, ask: () => Promise<KeyRecord | null>): Promise<KeyRecord | null> {
    const now = performance.now()
    const known = this.#entries.get(name)
    if (known !== undefined && now < known.until) return known.record
    const entry = { record: ask(), until: now + FRESH_MS }
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    if (this.#entries.size > MOST_KEYS) this.#forgetOldest()
    const forget = (): void => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name)
    }
    // What is no key is not remembered: anybody can ask for as many of those as he likes.
    entry.record.then((record) => record === null && forget(), forget)
    return entry.record
  }

  clear(): void {
    this.#entries.clear()
  }

  #forgetOldest(): void {
    for (const name of this.#entries.keys()) {
      this.#entries.delete(name)
      return
    }
  }
}
