import { CacheError } from './cache-error.ts'
import type { Limits } from './config.ts'

export interface Address {
  readonly namespace: string
  readonly key: string
}

/** A kept value. */
export interface Entry extends Address {
  /** JSON text, so that nobody changes what another one kept. */
  readonly text: string
  /** Milliseconds since 1970; null = no end. */
  readonly expiresAt: number | null
  readonly tags: readonly string[]
}

/** Told of what is gone and why, and of nothing else. */
export type Leave = (entry: Entry) => void

interface Figures {
  readonly entries: number
  readonly bytes: number
  readonly hits: number
  readonly misses: number
  readonly sets: number
  readonly evicted: number
  readonly expired: number
  readonly namespaces: Readonly<Record<string, number>>
}

/** What an entry takes apart from its text. */
const OVERHEAD_BYTES = 128

/** Values by namespace and key; the one that was not used for longest makes room. */
export class KeyValueStore {
  #limits: Limits
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>()
  readonly #leave: Leave
  #bytes = 0
  #counts = { hits: 0, misses: 0, sets: 0, evicted: 0, expired: 0 }

  constructor(limits: Limits, leave: Leave) {
    this.#limits = limits
    this.#leave = leave
  }

  get limits(): Limits {
    return this.#limits
  }

  /** Smaller limits hold at once. */
  configure(changes: { readonly [Name in keyof Limits]?: Limits[Name] | undefined }): void {
    const { ttlMs = this.#limits.ttlMs } = changes
    const { maxEntries = this.#limits.maxEntries, maxBytes = this.#limits.maxBytes } = changes
    this.#limits = { ttlMs, maxEntries, maxBytes }
    this.#makeRoom()
  }

  get(address: Address): Entry | null {
    const id = idOf(address)
    const entry = this.#entries.get(id)
    if (entry === undefined || this.#isExpired(entry)) {
      if (entry !== undefined) this.#expire(id, entry)
      this.#counts.misses += 1
      return null
    }
    this.#counts.hits += 1
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    return entry
  }

  /** Throws `VALUE_TOO_LARGE` for what can never fit. */
  set(entry: Entry): void {
    const size = sizeOf(entry)
    if (size > this.#limits.maxBytes)
      throw new CacheError(
        'VALUE_TOO_LARGE',
        `the value of "${entry.key}" takes ${size} bytes, more than the cache holds (maxBytes ${this.#limits.maxBytes}); keep less, or raise plugins.cache.maxBytes`,
      )
    const id = idOf(entry)
    const former = this.#entries.get(id)
    if (former !== undefined) this.#remove(id, former)
    this.#entries.set(id, entry)
    this.#bytes += size
    this.#counts.sets += 1
    this.#makeRoom()
  }

  delete(address: Address): boolean {
    const id = idOf(address)
    const entry = this.#entries.get(id)
    if (entry === undefined) return false
    this.#remove(id, entry)
    this.#leave(entry)
    return !this.#isExpired(entry)
  }

  /** Removes those that `matches` and gives how many. */
  clear(matches: (entry: Entry) => boolean): number {
    let count = 0
    for (const [id, entry] of this.#entries) {
      if (!matches(entry)) continue
      this.#remove(id, entry)
      this.#leave(entry)
      count += 1
    }
    return count
  }

  figures(): Figures {
    for (const [id, entry] of this.#entries) if (this.#isExpired(entry)) this.#expire(id, entry)
    const namespaces = new Map<string, number>()
    for (const { namespace } of this.#entries.values())
      namespaces.set(namespace, (namespaces.get(namespace) ?? 0) + 1)
    return {
      entries: this.#entries.size,
      bytes: this.#bytes,
      ...this.#counts,
      namespaces: Object.fromEntries(namespaces),
    }
  }

  #isExpired({ expiresAt }: Entry): boolean {
    return expiresAt !== null && expiresAt <= Date.now()
  }

  #expire(id: string, entry: Entry): void {
    this.#remove(id, entry)
    this.#counts.expired += 1
    this.#leave(entry)
  }

  #makeRoom(): void {
    const { maxEntries, maxBytes } = this.#limits
    for (const [id, entry] of this.#entries) {
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) return
      this.#remove(id, entry)
      this.#counts.evicted += 1
      this.#leave(entry)
    }
  }

  #remove(id: string, entry: Entry): void {
    this.#entries.delete(id)
    this.#bytes -= sizeOf(entry)
  }
}

function sizeOf({ text, namespace, key }: Entry): number {
  return Buffer.byteLength(text) + Buffer.byteLength(namespace) + Buffer.byteLength(key) + OVERHEAD_BYTES
}

/** One name for both parts, whatever characters are in them. */
export function idOf({ namespace, key }: Address): string {
  return JSON.stringify([namespace, key])
}
