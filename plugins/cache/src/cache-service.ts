import type { JsonValue, Logger, PluginContext } from '@agentproxy/plugin'
import { CacheError } from './cache-error.ts'
import type { Limits } from './config.ts'
import { DurableCopy } from './durable-copy.ts'
import { idOf, KeyValueStore } from './key-value-store.ts'
import type { Entry } from './key-value-store.ts'
import { SingleFlight } from './single-flight.ts'

interface Place {
  /** Default `default`. */
  readonly namespace?: string | undefined
}

interface Keeping extends Place {
  /** Milliseconds; null = until the room is needed. Default: as configured. */
  readonly ttlMs?: number | null | undefined
  /** For `clear`. */
  readonly tags?: readonly string[] | undefined
}

interface Clearing extends Place {
  /** Those with this tag only. */
  readonly tag?: string | undefined
}

/** What dependents use: `ctx.getPlugin('cache').getService()`. */
export interface CacheService {
  /** undefined = there is none. */
  get(key: string, place?: Place): JsonValue | undefined
  /** Throws `VALUE_NOT_JSON`, `VALUE_TOO_LARGE`. */
  set(key: string, value: unknown, keeping?: Keeping): void
  delete(key: string, place?: Place): boolean
  /** Gives how many there were. Without a namespace: in all of them. */
  clear(clearing?: Clearing): number
  /** The kept value, or what `make` makes: once, however many ask at once. A failure reaches all of them and is not kept. */
  getOrSet(key: string, make: () => unknown, keeping?: Keeping): Promise<JsonValue>
  stats(): ReturnType<KeyValueStore['figures']> & { readonly limits: Limits }
  configure(changes: { readonly [Name in keyof Limits]?: Limits[Name] | undefined }): Limits
}

/** Opens the cache, with what is on disk if it is to survive. */
export async function openCache(
  ctx: Pick<PluginContext, 'storage' | 'log' | 'onDispose'>,
  { persist, ...limits }: Limits & { readonly persist: boolean },
): Promise<CacheService> {
  const copy = persist ? new DurableCopy(ctx.storage, ctx.log) : null
  const store = new KeyValueStore(limits, (entry) => copy?.remove(entry))
  if (copy !== null) {
    for (const entry of await copy.load()) store.set(entry)
    ctx.onDispose(() => copy.settled())
  }
  return createService({ store, copy, log: ctx.log, flights: new SingleFlight() })
}

interface Parts {
  readonly store: KeyValueStore
  readonly copy: DurableCopy | null
  readonly log: Logger
  readonly flights: SingleFlight
}

function createService(parts: Parts): CacheService {
  const { store, flights } = parts
  return {
    get(key, place) {
      const entry = store.get({ namespace: namespaceOf(place), key })
      return entry === null ? undefined : (JSON.parse(entry.text) as JsonValue)
    },
    set(key, value, keeping) {
      flights.forget(idOf({ namespace: namespaceOf(keeping), key }))
      keep(parts, toEntry(key, value, { limits: store.limits, keeping }))
    },
    delete(key, place) {
      const address = { namespace: namespaceOf(place), key }
      flights.forget(idOf(address))
      return store.delete(address)
    },
    clear({ namespace, tag } = {}) {
      flights.forget()
      return store.clear(
        (entry) =>
          (namespace === undefined || entry.namespace === namespace) &&
          (tag === undefined || entry.tags.includes(tag)),
      )
    },
    getOrSet: (key, make, keeping) => getOrSet(parts, key, { make, keeping }),
    stats: () => ({ ...store.figures(), limits: store.limits }),
    configure(changes) {
      store.configure(changes)
      return store.limits
    },
  }
}

function keep({ store, copy }: Parts, entry: Entry): void {
  store.set(entry)
  copy?.save(entry)
}

/** Whoever made a value gets it, also where there is no room to keep it. */
function keepIfItFits(parts: Parts, entry: Entry): void {
  try {
    keep(parts, entry)
  } catch (error) {
    if (!CacheError.is(error)) throw error
    parts.log.warn('A value was made that the cache cannot keep', { key: entry.key, reason: error.message })
  }
}

async function getOrSet(
  parts: Parts,
  key: string,
  { make, keeping }: { readonly make: () => unknown; readonly keeping: Keeping | undefined },
): Promise<JsonValue> {
  const { store, flights } = parts
  const address = { namespace: namespaceOf(keeping), key }
  const kept = store.get(address)
  if (kept !== null) return JSON.parse(kept.text) as JsonValue
  const made = async (): Promise<Entry> => toEntry(key, await make(), { limits: store.limits, keeping })
  const entry = await flights.run(idOf(address), made, (fresh) => keepIfItFits(parts, fresh))
  return JSON.parse(entry.text) as JsonValue
}

function namespaceOf(place: Place | undefined): string {
  return place?.namespace ?? 'default'
}

function toEntry(
  key: string,
  value: unknown,
  { limits, keeping = {} }: { readonly limits: Limits; readonly keeping?: Keeping | undefined },
): Entry {
  const { ttlMs = limits.ttlMs, tags = [] } = keeping
  const expiresAt = ttlMs === null ? null : Date.now() + ttlMs
  return { namespace: namespaceOf(keeping), key, text: writeValue(key, value), expiresAt, tags }
}

function writeValue(key: string, value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw notJson(key, cause)
  }
  if (text === undefined) throw notJson(key)
  return text
}

function notJson(key: string, cause?: unknown): CacheError {
  return new CacheError(
    'VALUE_NOT_JSON',
    `the value of "${key}" cannot be written as JSON; keep plain data`,
    cause,
  )
}
