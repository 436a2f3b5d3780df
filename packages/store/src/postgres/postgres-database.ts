import { createHash } from 'node:crypto'
import { Kysely, PostgresDialect, sql } from 'kysely'
import type { Compilable } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import type { Database, Queries } from '../database.ts'
import { isUpToDate, migrate } from '../schema/migrate.ts'
import type { Tables } from '../schema/tables.ts'
import { StoreError } from '../store-error.ts'
import type { StoreHealth } from '../store.ts'
import { ChangeFeed } from './change-feed.ts'
import { Lanes } from './lanes.ts'
import { Outage } from './outage.ts'
import { createPatientPool, createPool } from './pool.ts'
import { visibleAddress } from './postgres-address.ts'
import {
  CommitUnknown,
  ConnectionLost,
  explainFailure,
  fromDriver,
  isConflict,
  isOutage,
} from './postgres-failure.ts'

const CONFLICT_LIMIT = 10

/** A server of PostgreSQL, for several processes and machines. A connection that breaks is replaced. */
export class PostgresDatabase implements Database {
  readonly kind = 'postgres'
  readonly name: string
  readonly query: Kysely<Tables>
  /** The server's clock: those of several machines differ. */
  readonly now = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
  readonly changes: ChangeFeed
  readonly #pool: Pool
  readonly #lanes = new Lanes()
  readonly #outage = new Outage()
  readonly #writes = new Set<Promise<unknown>>()
  #trouble: string | null = null
  #closed = false

  private constructor(url: string) {
    this.name = visibleAddress(url)
    this.#pool = createPool(url)
    this.changes = new ChangeFeed(url)
    this.query = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: this.#pool }) })
  }

  /** Waits a few seconds for a server that is starting. Throws what server and driver throw; `openStore` explains it. */
  static async open(url: string, upTo?: string): Promise<PostgresDatabase> {
    const name = visibleAddress(url)
    await withRetries(new Outage(), () => migrateServer(url, name, upTo))
    return new PostgresDatabase(url)
  }

  async read<T>(action: string, work: (queries: Queries) => Promise<T>): Promise<T> {
    this.#refuseIfClosed()
    try {
      return await withRetries(this.#outage, () => work(queriesOn(this.#pool)))
    } catch (error) {
      throw explainFailure(error, { code: 'READ_FAILED', action, name: this.name })
    }
  }

  write<T>(action: string, work: (queries: Queries) => Promise<T>, alone?: string): Promise<T> {
    const run = (): Promise<T> => this.#write(action, work, alone)
    const result = alone === undefined ? run() : this.#lanes.run(alone, run)
    const pending: Promise<unknown> = result.catch(() => undefined).then(() => this.#writes.delete(pending))
    this.#writes.add(pending)
    return result
  }

  async health(): Promise<StoreHealth> {
    try {
      this.#refuseIfClosed()
      await this.#pool.query('select 1')
    } catch (error) {
      const failed = { code: 'READ_FAILED', action: 'look at the database', name: this.name } as const
      return { status: 'fail', output: messageOf(explainFailure(fromDriver(error), failed)) }
    }
    this.#outage.end()
    return this.#trouble === null ? { status: 'pass', output: '' } : { status: 'warn', output: this.#trouble }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    await Promise.all(this.#writes)
    this.#closed = true
    await this.changes.close()
    await this.#pool.end()
  }

  async #write<T>(action: string, work: (queries: Queries) => Promise<T>, alone?: string): Promise<T> {
    this.#refuseIfClosed()
    try {
      const value = await withRetries(this.#outage, () => transaction(this.#pool, work, alone))
      this.#trouble = null
      return value
    } catch (error) {
      const explained = explainFailure(error, { code: 'WRITE_FAILED', action, name: this.name })
      // What the caller did wrong is no trouble of the database.
      if (StoreError.is(explained) && ['WRITE_FAILED', 'UNAVAILABLE', 'CORRUPT'].includes(explained.code))
        this.#trouble = explained.message
      throw explained
    }
  }

  #refuseIfClosed(): void {
    if (this.#closed)
      throw new StoreError('CLOSED', `The store ${this.name} is closed. Open it again to use it.`)
  }
}

/** Repeats what kept nothing: after a conflict at once, after an outage as soon as that is over. */
async function withRetries<T>(outage: Outage, work: () => Promise<T>): Promise<T> {
  for (let conflicts = 0; ;) {
    await outage.ready()
    try {
      const result = await work()
      outage.end()
      return result
    } catch (error) {
      if (isOutage(error)) outage.note(error)
      else if (!isConflict(error) || ++conflicts > CONFLICT_LIMIT) throw error
    }
  }
}

async function transaction<T>(
  pool: Pool,
  work: (queries: Queries) => Promise<T>,
  alone: string | undefined,
): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw fromDriver(error)
  })
  const queries = queriesOn(client)
  let broken = false
  try {
    await send(
      client,
      alone === undefined ? 'begin' : `begin; select pg_advisory_xact_lock(${lockFor(alone)})`,
    )
    const result = await work(queries)
    await commit(client)
    return result
  } catch (error) {
    broken = error instanceof ConnectionLost || error instanceof CommitUnknown || isOutage(error)
    if (!broken) broken = !(await rollback(client))
    throw error
  } finally {
    client.release(broken)
  }
}

async function commit(client: PoolClient): Promise<void> {
  try {
    await send(client, 'commit')
  } catch (error) {
    if (isOutage(error)) throw new CommitUnknown(messageOf(error), { cause: error })
    throw error
  }
}

async function rollback(client: PoolClient): Promise<boolean> {
  try {
    await client.query('rollback')
    return true
  } catch {
    return false
  }
}

async function send(client: PoolClient, text: string): Promise<void> {
  try {
    await client.query(text)
  } catch (error) {
    throw fromDriver(error)
  }
}

/** A number for PostgreSQL's advisory locks. Two names may share one: then they wait for each other, no more. */
function lockFor(name: string): bigint {
  return createHash('sha256').update(`agentproxy ${name}`).digest().readBigInt64BE(0)
}

function queriesOn(connection: Pick<Pool, 'query'>): Queries {
  const ask = async (query: Compilable) => {
    const { sql: text, parameters } = query.compile()
    try {
      return await connection.query({ text, values: [...parameters] })
    } catch (error) {
      throw fromDriver(error)
    }
  }
  return {
    // Kysely's builder knows the row type, the driver does not.
    rows: async <Row>(query: Compilable<Row>) => (await ask(query)).rows as Row[],
    first: async <Row>(query: Compilable<Row>) => (await ask(query)).rows[0] as Row | undefined,
    run: async (query) => (await ask(query)).rowCount ?? 0,
  }
}

// Kysely takes an advisory lock round the steps, so that two processes never migrate at once.
async function migrateServer(url: string, name: string, upTo: string | undefined): Promise<void> {
  const pool = createPatientPool(url)
  try {
    if (isUpToDate(await appliedSteps(pool), name)) return
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
    // Kysely would else take the list of another schema of this database for ours.
    const schema = await currentSchema(pool)
    await migrate({ kind: 'postgres', db, schema, ...(upTo !== undefined && { upTo }) })
  } catch (error) {
    throw StoreError.is(error) ? error : fromDriver(error)
  } finally {
    await pool.end()
  }
}

async function appliedSteps(pool: Pool): Promise<readonly string[]> {
  const table = await pool.query<{ found: string | null }>(`select to_regclass('kysely_migration') as found`)
  if (table.rows[0]?.found === null) return []
  const { rows } = await pool.query<{ name: string }>('select name from kysely_migration')
  return rows.map(({ name }) => name)
}

async function currentSchema(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ name: string | null }>('select current_schema() as name')
  const name = rows[0]?.name ?? null
  if (name !== null) return name
  throw new StoreError(
    'OPEN_FAILED',
    'The search_path of the database names no schema that exists. Create one.',
  )
}

/** What `PostgresDatabase.open` threw, in words. */
export function explainOpening(error: unknown, url: string): unknown {
  return explainFailure(error, {
    code: 'OPEN_FAILED',
    action: 'open the database',
    name: visibleAddress(url),
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
