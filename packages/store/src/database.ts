import type { Compilable, Kysely, RawBuilder } from 'kysely'
import type { ChangeFeed } from './postgres/change-feed.ts'
import type { StoreHealth } from './store.ts'
import type { Tables } from './schema/tables.ts'

/** Runs what Kysely built. Inside a transaction everything run here belongs to it. */
export interface Queries {
  rows<Row>(query: Compilable<Row>): Promise<Row[]>
  first<Row>(query: Compilable<Row>): Promise<Row | undefined>
  /** Resolves to how many rows changed. */
  run(query: Compilable): Promise<number>
}

/** Where the store keeps its rows: a file of SQLite or a server of PostgreSQL. Failures are `StoreError`s that say what to do. */
export interface Database {
  readonly kind: 'sqlite' | 'postgres'
  /** For people: the file, or the server's address without its password. */
  readonly name: string
  /** Builds queries in this database's dialect; it runs none. */
  readonly query: Kysely<Tables>
  /** Milliseconds since 1970 by the one clock that all processes on this database share. */
  readonly now: RawBuilder<number>
  /** Tells what other processes changed; null = there is nobody who would tell. */
  readonly changes: ChangeFeed | null
  read<T>(action: string, work: (queries: Queries) => Promise<T>): Promise<T>
  /**
   * Runs `work` in a transaction: all of it is kept, or nothing. It must await nothing but its own queries, and may run again
   * after a failure that kept nothing. Writes with one `alone` run one after another in the order they were asked for, and
   * each sees what those before it wrote, in whichever process they run.
   */
  write<T>(action: string, work: (queries: Queries) => Promise<T>, alone?: string): Promise<T>
  health(): Promise<StoreHealth>
  /** Waits for the writes already asked for, then closes. */
  close(): Promise<void>
}
