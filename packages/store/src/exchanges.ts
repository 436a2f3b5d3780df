import { sql } from 'kysely'
import type { Database } from './database.ts'
import type { SpendingOwner } from './spending.ts'
import type { ExchangeRecord, Store } from './store.ts'
import type { Tables } from './schema/tables.ts'
import { totalColumns, usageRows } from './usage-rows.ts'

export function createExchanges(db: Database): Store['exchanges'] {
  return {
    /** Adding an id again adds nothing, so that usage is never counted twice. */
    add: (exchange) =>
      db.write('record an exchange', async (queries) => {
        const row = { ...exchange, stream: Number(exchange.stream), simulated: Number(exchange.simulated) }
        await queries.run(
          db.query
            .insertInto('exchanges')
            .values(row)
            .onConflict((conflict) => conflict.column('id').doNothing()),
        )
      }),

    /** Newest first. */
    list: ({ taskId, limit }) =>
      db.read('list exchanges', async (queries) => {
        let query = db.query
          .selectFrom('exchanges')
          .selectAll()
          .orderBy('at', 'desc')
          .orderBy(sql`rowid`, 'desc')
        if (taskId !== undefined) query = query.where('taskId', '=', taskId)
        return (await queries.rows(query.limit(limit))).map(toRecord)
      }),

    totals: (taskId) => {
      const query = db.query.selectFrom('exchanges').where('taskId', '=', taskId).select(totalColumns)
      return db.read('add up usage', async (queries) => only(await queries.rows(query)))
    },

    usage: (query) => db.read('add up usage', (queries) => queries.rows(usageRows(db, query))),

    spent: (of, since = 0) =>
      db.read('add up spending', async (queries) => only(await queries.rows(spending(db, of, since)))),
  }
}

/** An aggregate has one row. */
function only<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new Error('an aggregate query returned no row')
  return row
}

/** Rows of `Spent`. */
export function spending(db: Database, of: SpendingOwner, since: number) {
  const query = db.query
    .selectFrom('exchanges')
    .select([
      sql<number>`coalesce(sum(coalesce("heldTokens", coalesce("inputTokens", 0) + coalesce("outputTokens", 0))), 0)`.as(
        'tokens',
      ),
      sql<number>`coalesce(sum(coalesce("costUsd", "heldUsd")), 0)`.as('costUsd'),
    ])
    .where('at', '>=', since)
  return 'taskId' in of ? query.where('taskId', '=', of.taskId) : query.where('keyId', '=', of.keyId)
}

/** A row of PostgreSQL has a column `rowid`, which is none of the record's. */
function toRecord(row: Tables['exchanges']): ExchangeRecord {
  const { rowid: _, ...fields } = row as typeof row & { rowid?: number }
  return { ...fields, stream: row.stream === 1, simulated: row.simulated === 1 }
}
