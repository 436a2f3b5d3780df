import type { Compilable } from 'kysely'
import type Libsql from 'libsql'
import type { Queries } from '../database.ts'

// How long SQLite itself waits, blocking the thread: enough for another writer's short transaction, too short to be felt.
// Longer waits are asynchronous, which also lets a second handle in this process finish instead of blocking it.
const SQLITE_WAIT_MS = 10

interface Statement {
  all(parameters: readonly unknown[]): unknown[]
  run(parameters: readonly unknown[]): { readonly changes: number }
}

/** One connection of SQLite. Its queries are over when the call returns, so a transaction keeps nobody in this thread waiting. */
export class SqliteConnection implements Queries {
  readonly driver: InstanceType<typeof Libsql>
  readonly #statements = new Map<string, Statement>()

  constructor(driver: InstanceType<typeof Libsql>) {
    this.driver = driver
    this.execute(`pragma busy_timeout = ${SQLITE_WAIT_MS}`)
  }

  async rows<Row>(query: Compilable<Row>): Promise<Row[]> {
    const { sql, parameters } = query.compile()
    // Kysely's builder knows the row type, the driver does not.
    return this.#prepare(sql).all(parameters) as Row[]
  }

  async first<Row>(query: Compilable<Row>): Promise<Row | undefined> {
    return (await this.rows(query))[0]
  }

  async run(query: Compilable): Promise<number> {
    const { sql, parameters } = query.compile()
    return this.#prepare(sql).run(parameters).changes
  }

  all(text: string): readonly unknown[] {
    return this.#prepare(text).all([])
  }

  /**
   * Runs a statement that may find the database locked. The driver leaves a prepared statement that failed so "in
   * progress", and SQLite then refuses the next commit; one run like this is gone whatever happens.
   */
  execute(text: string): void {
    this.driver.exec(text)
  }

  /** Holds the write lock from its start; all of it is kept, or nothing. */
  async transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    this.execute('begin immediate')
    try {
      const result = await work(this)
      this.execute('commit')
      return result
    } catch (error) {
      // SQLite has ended it itself after, for example, a full disk.
      if (this.driver.inTransaction) this.execute('rollback')
      throw error
    }
  }

  close(): void {
    this.#statements.clear()
    this.driver.close()
  }

  #prepare(text: string): Statement {
    const known = this.#statements.get(text)
    if (known !== undefined) return known
    const statement: Statement = this.driver.prepare(text)
    this.#statements.set(text, statement)
    return statement
  }
}
