import type { ServerResponse } from 'node:http'
import type { ExchangeRecord } from '@agentproxy/store'
import type { PluginAdmin } from '../admin/plugin-admin.ts'
import { standardHeaders } from '../routes/dialect.ts'
import { readEvents } from './event-reader.ts'
import { EventRing } from './event-ring.ts'

const CAPACITY = 1_000
const HEARTBEAT_MS = 15_000
const STALL_MS = 60_000
const MAX_NAME = 200
/** More than these are refused: nobody watches one gateway with so many eyes. */
const MAX_READERS = 32

/** What happens in the gateway, for who watches it at `GET /events`. */
export class EventHub {
  readonly #ring = new EventRing({ capacity: CAPACITY, startId: Date.now() * 1_000 })
  readonly #readers = new Set<ServerResponse>()
  readonly #undo: Disposable[] = []

  constructor(plugins: PluginAdmin | null) {
    if (plugins === null) return
    const tell = (plugin: string, state: string, reason: string | null): void =>
      this.#ring.publish('plugin.state', { plugin, state, reason })
    this.#undo.push(
      plugins.on('plugin.loaded', (plugin) => tell(plugin, 'active', null)),
      plugins.on('plugin.reloaded', (plugin) => tell(plugin, 'reloaded', null)),
      plugins.on('plugin.unloaded', (plugin) => tell(plugin, 'unloaded', null)),
      plugins.on('plugin.failed', (plugin, error) => tell(plugin, 'failed', error.message)),
      plugins.on('plugin.disabled', (plugin, error) => tell(plugin, 'disabled', error.message)),
    )
  }

  get readers(): number {
    return this.#readers.size
  }

  exchangeEnded(record: ExchangeRecord): void {
    this.#ring.publish('exchange.end', record.model.length > MAX_NAME ? shortened(record) : record)
  }

  /** Begins a stream that ends with the client or with `close`. false = there are too many. */
  open(response: ServerResponse, lastId: number | null): boolean {
    if (this.#readers.size >= MAX_READERS) return false
    this.#readers.add(response)
    response.writeHead(200, { ...standardHeaders, 'content-type': 'text/event-stream; charset=utf-8' })
    readEvents({
      response,
      ring: this.#ring,
      lastId,
      heartbeatMs: HEARTBEAT_MS,
      stallMs: STALL_MS,
      onClose: () => void this.#readers.delete(response),
    })
    return true
  }

  close(): void {
    for (const undo of this.#undo) undo[Symbol.dispose]()
    for (const reader of this.#readers) reader.end()
  }
}

/** A client may ask for a name as long as a body may be, and a thousand of them are held here. */
function shortened(record: ExchangeRecord): ExchangeRecord {
  // Copied: a slice would keep all of the long one.
  return { ...record, model: Buffer.from(record.model.slice(0, MAX_NAME)).toString() }
}
