import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, SqliteDialect } from 'kysely'
import type { Compilable } from 'kysely'
import Libsql from 'libsql'
import { explainFailure, isBusy } from './sqlite-failure.ts'
import { StoreError } from './store-error.ts'
import type { Tables } from './tables.ts'

/** How long to go on asking for a lock another process holds. */
const BUSY_LIMIT_MS = 15_000

// How long SQLite itself waits, blocking the thread: enough for another writer's short transaction, too short to be felt.
// Longer waits are asynchronous, which also lets a second handle in this process finish instead of blocking it.
const SQLITE_WAIT_MS = 10

interface Statement {
  readonly reader: boolean
  all(parameters: readonly unknown[]): unknown[]
  run(parameters: readonly unknown[]): { readonly changes: number }
}

/**
 * One SQLite connection. Kysely builds the queries; they run synchronously, so no transaction is ever open across an
 * `await`. Writes run one after another in the order they were asked for.
 */
export class Connection {
  readonly path: string
  /** Builds queries, and runs the migrations. */
  readonly query: Kysely<Tables>
  readonly #db: InstanceType<typeof Libsql>
  readonly #statements = new Map<string, Statement>()
  #lastWrite: Promise<unknown> = Promise.resolve()
  #closed = false

  /** Throws what SQLite throws; `openStore` explains it. */
  constructor(path: string) {
    this.path = path
    this.#db = new Libsql(path)
    this.query = new Kysely<Tables>({ dialect: new SqliteDialect({ database: this.#db }) })
    this.execute(`pragma busy_timeout = ${SQLITE_WAIT_MS}`)
  }

  /** Sets up what every connection needs; several processes may do so at once. */
  async configure(): Promise<void> {
    await this.retryWhileBusy(() => this.execute('pragma journal_mode = wal'))
    // With a write-ahead log, `normal` loses nothing when a process is killed: a commit is in the kernel's hands before it
    // returns. Only a power cut can take the newest commits back, and never leaves a damaged file.
    this.execute('pragma synchronous = normal')
    this.execute('pragma foreign_keys = on')
  }

  rows<Row>(query: Compilable<Row>): Row[] {
    const { sql, parameters } = query.compile()
    // Kysely's builder knows the row type, the driver does not.
    return this.#prepare(sql).all(parameters) as Row[]
  }

  first<Row>(query: Compilable<Row>): Row | undefined {
    return this.rows(query)[0]
  }

  /** Returns how many rows changed. */
  run(query: Compilable): number {
    const { sql, parameters } = query.compile()
    return this.#prepare(sql).run(parameters).changes
  }

  /**
   * Runs a statement that may find the database locked. The driver leaves a prepared statement that failed so "in
   * progress", and SQLite then refuses the next commit; one run like this is gone whatever happens.
   */
  execute(text: string): void {
    this.#db.exec(text)
  }

  async read<T>(action: string, work: () => T): Promise<T> {
    this.#refuseIfClosed()
    return this.#explained('READ_FAILED', action, work)
  }

  /** `read` for who needs the answer at once. A writer never keeps a reader waiting, so there is nothing to wait for. */
  readNow<T>(action: string, work: () => T): T {
    this.#refuseIfClosed()
    try {
      return work()
    } catch (error) {
      throw explainFailure(error, { code: 'READ_FAILED', action, path: this.path })
    }
  }

  /** Runs `work` in a transaction that holds the write lock from its start; all of it is kept, or nothing. */
  write<T>(action: string, work: () => T): Promise<T> {
    const result = this.#lastWrite.then(() => {
      this.#refuseIfClosed()
      return this.#explained('WRITE_FAILED', action, () => this.#transaction(work))
    })
    this.#lastWrite = result.catch(() => undefined)
    return result
  }

  /** Repeats `work` while another connection holds the lock it needs, for at most 15 seconds. */
  async retryWhileBusy<T>(work: () => T | Promise<T>): Promise<T> {
    const deadline = Date.now() + BUSY_LIMIT_MS
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!isBusy(error) || Date.now() > deadline) throw error
        await sleep(1 + Math.random() * 20)
      }
    }
  }

  /** Waits for the writes already asked for, then closes. */
  async close(): Promise<void> {
    if (this.#closed) return
    await this.#lastWrite
    this.#closed = true
    this.#statements.clear()
    this.#db.close()
  }

  async #explained<T>(code: 'READ_FAILED' | 'WRITE_FAILED', action: string, work: () => T): Promise<T> {
    try {
      return await this.retryWhileBusy(work)
    } catch (error) {
      throw explainFailure(error, { code, action, path: this.path })
    }
  }

  #transaction<T>(work: () => T): T {
    this.execute('begin immediate')
    try {
      const result = work()
      this.execute('commit')
      return result
    } catch (error) {
      this.rollback()
      throw error
    }
  }

  /** Ends the open transaction, if SQLite has not done so itself, as it does after a full disk. */
  rollback(): void {
    if (this.#db.inTransaction) this.execute('rollback')
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement: Statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #refuseIfClosed(): void {
    if (this.#closed)
      throw new StoreError('CLOSED', `The store ${this.path} is closed. Open it again to use it.`)
  }
}
