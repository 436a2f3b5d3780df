import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, SqliteDialect, sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import Libsql from 'libsql'
import type { Database, Queries } from '../database.ts'
import { isUpToDate, migrate } from '../schema/migrate.ts'
import type { Tables } from '../schema/tables.ts'
import { StoreError } from '../store-error.ts'
import type { StoreHealth } from '../store.ts'
import { explainFailure, isBusy } from './sqlite-failure.ts'
import { SqliteConnection } from './sqlite-connection.ts'

/** How long to go on asking for a lock another process holds. */
const BUSY_LIMIT_MS = 15_000

/**
 * A file of SQLite. Queries run synchronously and writes one after another in the order they were asked for; reads have a
 * connection of their own, so that they never see a transaction that is not over.
 */
export class SqliteDatabase implements Database {
  readonly kind = 'sqlite'
  readonly name: string
  readonly query: Kysely<Tables>
  readonly changes = null
  readonly #writer: SqliteConnection
  readonly #reader: SqliteConnection
  #lastWrite: Promise<unknown> = Promise.resolve()
  #trouble: string | null = null
  #closed = false

  private constructor(path: string, writer: SqliteConnection, reader: SqliteConnection) {
    this.name = path
    this.#writer = writer
    this.#reader = reader
    this.query = new Kysely<Tables>({ dialect: new SqliteDialect({ database: writer.driver }) })
  }

  /** Throws what SQLite throws; `openStore` explains it. */
  static async open(path: string, upTo?: string): Promise<SqliteDatabase> {
    const writer = new SqliteConnection(new Libsql(path))
    try {
      await retryWhileBusy(() => writer.execute('pragma journal_mode = wal'))
      // With a write-ahead log, `normal` loses nothing when a process is killed: a commit is in the kernel's hands before it
      // returns. Only a power cut can take the newest commits back, and never leaves a damaged file.
      writer.execute('pragma synchronous = normal')
      writer.execute('pragma foreign_keys = on')
      await retryWhileBusy(() => migrateFile(path, writer, upTo))
      return new SqliteDatabase(path, writer, new SqliteConnection(new Libsql(path)))
    } catch (error) {
      writer.close()
      throw error
    }
  }

  /** All processes on one file are on one machine. */
  get now(): RawBuilder<number> {
    return sql<number>`${Date.now()}`
  }

  async read<T>(action: string, work: (queries: Queries) => Promise<T>): Promise<T> {
    this.#refuseIfClosed()
    try {
      return await retryWhileBusy(() => work(this.#reader))
    } catch (error) {
      throw explainFailure(error, { code: 'READ_FAILED', action, path: this.name })
    }
  }

  write<T>(action: string, work: (queries: Queries) => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(async () => {
      this.#refuseIfClosed()
      try {
        const value = await retryWhileBusy(() => this.#writer.transaction(work))
        this.#trouble = null
        return value
      } catch (error) {
        throw this.#noteTrouble(explainFailure(error, { code: 'WRITE_FAILED', action, path: this.name }))
      }
    })
    this.#lastWrite = result.catch(() => undefined)
    return result
  }

  async health(): Promise<StoreHealth> {
    try {
      await this.read('look at the database', (reader) =>
        reader.rows(this.query.selectNoFrom(sql`1`.as('one'))),
      )
    } catch (error) {
      return { status: 'fail', output: messageOf(error) }
    }
    return this.#trouble === null ? { status: 'pass', output: '' } : { status: 'warn', output: this.#trouble }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    await this.#lastWrite
    this.#closed = true
    this.#reader.close()
    this.#writer.close()
  }

  /** What the caller did wrong is no trouble of the database. */
  #noteTrouble(error: unknown): unknown {
    if (StoreError.is(error) && (error.code === 'WRITE_FAILED' || error.code === 'CORRUPT'))
      this.#trouble = error.message
    return error
  }

  #refuseIfClosed(): void {
    if (this.#closed)
      throw new StoreError('CLOSED', `The store ${this.name} is closed. Open it again to use it.`)
  }
}

// One transaction around the whole run: Kysely takes no lock on SQLite, and two processes may open a new file at once.
async function migrateFile(path: string, writer: SqliteConnection, upTo: string | undefined): Promise<void> {
  if (isUpToDate(appliedSteps(writer), path)) return
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: writer.driver }) })
  await db.connection().execute((connection) =>
    writer.transaction(async () => {
      if (!isUpToDate(appliedSteps(writer), path))
        await migrate({ kind: 'sqlite', db: connection, ...(upTo !== undefined && { upTo }) })
    }),
  )
}

function appliedSteps(writer: SqliteConnection): readonly string[] {
  const table = writer.all(`select 1 from sqlite_master where name = 'kysely_migration'`)
  if (table.length === 0) return []
  return writer.all('select name from kysely_migration').map((row) => String((row as { name: unknown }).name))
}

/** Repeats `work` while another connection holds the lock it needs, for at most 15 seconds. */
async function retryWhileBusy<T>(work: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + BUSY_LIMIT_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error
      await sleep(1 + Math.random() * 20)
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
