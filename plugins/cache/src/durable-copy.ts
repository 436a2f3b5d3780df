import type { JsonValue, Logger, PluginStorage } from '@agentproxy/plugin'
import { idOf } from './key-value-store.ts'
import type { Address, Entry } from './key-value-store.ts'

/** Keeps what the cache holds in the plugin's storage as well, in the order things happen. A failure loses the copy only. */
export class DurableCopy {
  readonly #storage: PluginStorage
  readonly #log: Logger
  #queue: Promise<void> = Promise.resolve()

  constructor(storage: PluginStorage, log: Logger) {
    this.#storage = storage
    this.#log = log
  }

  async load(): Promise<readonly Entry[]> {
    const entries: Entry[] = []
    for (const id of await this.#storage.keys()) {
      const entry = readEntry(await this.#storage.get(id))
      if (entry !== null) entries.push(entry)
    }
    return entries
  }

  save({ namespace, key, text, expiresAt, tags }: Entry): void {
    this.#next(() => this.#storage.set(idOf({ namespace, key }), { namespace, key, text, expiresAt, tags }))
  }

  remove(address: Address): void {
    this.#next(() => this.#storage.delete(idOf(address)))
  }

  /** When all that was asked for is done. */
  settled(): Promise<void> {
    return this.#queue
  }

  #next(step: () => Promise<unknown>): void {
    this.#queue = this.#after(this.#queue, step)
  }

  async #after(before: Promise<void>, step: () => Promise<unknown>): Promise<void> {
    await before
    try {
      await step()
    } catch (error) {
      this.#log.warn('A cached value could not be kept on disk', { reason: (error as Error).message })
    }
  }
}

function readEntry(value: JsonValue | undefined): Entry | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { namespace, key, text, expiresAt, tags } = value as { readonly [name: string]: JsonValue }
  if (typeof namespace !== 'string' || typeof key !== 'string' || typeof text !== 'string') return null
  if (expiresAt !== null && typeof expiresAt !== 'number') return null
  if (!Array.isArray(tags)) return null
  return { namespace, key, text, expiresAt, tags: tags.filter((tag) => typeof tag === 'string') }
}
