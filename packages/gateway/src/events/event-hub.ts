import type { ServerResponse } from 'node:http'
import type { ExchangeRecord } from '@agentproxy/store'
import type { PluginAdmin } from '../admin/plugin-admin.ts'
import { standardHeaders } from '../routes/dialect.ts'
import { readEvents } from './event-reader.ts'
import type { EventLog } from './event-log.ts'

const HEARTBEAT_MS = 15_000
const STALL_MS = 60_000
const MAX_NAME = 200
/** More than these are refused: nobody watches one gateway with so many eyes. */
const MAX_READERS = 32

export interface EventHubOptions {
  /** null = nothing is told of plugins. */
  readonly plugins: PluginAdmin | null
  /** This process's number among those that share the log; null = it is alone. */
  readonly worker: number | null
}

/** What happens in the gateway, for who watches it at `GET /events`. */
export class EventHub {
  readonly #log: EventLog
  readonly #readers = new Set<ServerResponse>()
  readonly #undo: Disposable[] = []

  constructor(log: EventLog, { plugins, worker }: EventHubOptions) {
    this.#log = log
    if (plugins === null) return
    const tell = (plugin: string, state: string, reason: string | null): void =>
      this.#log.publish('plugin.state', { plugin, state, reason, ...(worker !== null && { worker }) })
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
    this.#log.publish('exchange.end', record.model.length > MAX_NAME ? shortened(record) : record)
  }

  publish(type: string, data: unknown): void {
    this.#log.publish(type, data)
  }

  /** Begins a stream that ends with the client or with `close`. false = there are too many. */
  open(response: ServerResponse, lastId: number | null): boolean {
    if (this.#readers.size >= MAX_READERS) return false
    this.#readers.add(response)
    response.writeHead(200, { ...standardHeaders, 'content-type': 'text/event-stream; charset=utf-8' })
    response.once('close', () => {
      this.#readers.delete(response)
      this.#log.leave()
    })
    void this.#read(response, lastId)
    return true
  }

  close(): void {
    for (const undo of this.#undo) undo[Symbol.dispose]()
    for (const reader of this.#readers) reader.end()
  }

  async #read(response: ServerResponse, lastId: number | null): Promise<void> {
    const ring = await this.#log.enter()
    if (response.writable)
      readEvents({ response, ring, lastId, heartbeatMs: HEARTBEAT_MS, stallMs: STALL_MS })
  }
}

/** A client may ask for a name as long as a body may be, and a thousand of them are held here. */
function shortened(record: ExchangeRecord): ExchangeRecord {
  // Copied: a slice would keep all of the long one.
  return { ...record, model: Buffer.from(record.model.slice(0, MAX_NAME)).toString() }
}
