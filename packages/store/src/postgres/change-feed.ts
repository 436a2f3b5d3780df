import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Client } from 'pg'
import { createListener } from './pool.ts'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000
const CHANNEL = 'agentproxy_keys'

/** Hears at once, by LISTEN, when another process changed a key. It begins with the first who wants to know. */
export class ChangeFeed {
  readonly #url: string
  readonly #listeners: (() => void)[] = []
  #client: Client | null = null
  #timer: NodeJS.Timeout | null = null
  #pauseMs = FIRST_PAUSE_MS
  #closed = false

  constructor(url: string) {
    this.#url = url
  }

  /** To be run in the transaction that changes a key; it is told when that is kept. */
  readonly news: RawBuilder<unknown> = sql`pg_notify(${sql.lit(CHANNEL)}, '')`

  /** `heard` is also called when something may have been missed. */
  onChange(heard: () => void): void {
    this.#listeners.push(heard)
    if (this.#listeners.length === 1) void this.#connect()
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#client?.end().catch(() => {})
  }

  async #connect(): Promise<void> {
    const client = createListener(this.#url)
    this.#client = client
    client.on('notification', () => this.#tell())
    client.once('error', () => {})
    client.once('end', () => this.#again())
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
      this.#pauseMs = FIRST_PAUSE_MS
      this.#tell()
    } catch {
      await client.end().catch(() => {})
    }
  }

  #again(): void {
    this.#tell()
    if (this.#closed || this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.#connect()
    }, this.#pauseMs)
    this.#timer.unref()
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2)
  }

  #tell(): void {
    for (const heard of this.#listeners) heard()
  }
}
