import { sql } from 'kysely'
import type { Connection } from './connection.ts'
import type { ExchangeRecord, Spent, Store, UsageTotals } from './store.ts'
import type { Tables } from './tables.ts'
import { totalColumns, usageRows } from './usage-rows.ts'

export function createExchanges(db: Connection): Store['exchanges'] {
  return {
    /** Adding an id again adds nothing, so that usage is never counted twice. */
    add: (exchange) =>
      db.write('record an exchange', () => {
        const row = { ...exchange, stream: Number(exchange.stream), simulated: Number(exchange.simulated) }
        db.run(
          db.query
            .insertInto('exchanges')
            .values(row)
            .onConflict((conflict) => conflict.column('id').doNothing()),
        )
      }),

    /** Newest first. */
    list: ({ taskId, limit }) =>
      db.read('list exchanges', () => {
        let query = db.query
          .selectFrom('exchanges')
          .selectAll()
          .orderBy('at', 'desc')
          .orderBy(sql`rowid`, 'desc')
        if (taskId !== undefined) query = query.where('taskId', '=', taskId)
        return db.rows(query.limit(limit)).map(toRecord)
      }),

    totals: (taskId) => db.read('add up usage', () => totals(db, taskId)),

    usage: (query) => db.read('add up usage', () => usageRows(db, query)),

    spent: (of, since = 0) => db.readNow('add up spending', () => spent(db, of, since)),
  }
}

function totals(db: Connection, taskId: string): UsageTotals {
  const [row] = db.rows(db.query.selectFrom('exchanges').where('taskId', '=', taskId).select(totalColumns))
  if (row === undefined) throw new Error('an aggregate query returned no row')
  return row
}

function spent(db: Connection, of: Parameters<Store['exchanges']['spent']>[0], since: number): Spent {
  const query = db.query
    .selectFrom('exchanges')
    .select([
      sql<number>`coalesce(sum(coalesce("heldTokens", coalesce("inputTokens", 0) + coalesce("outputTokens", 0))), 0)`.as(
        'tokens',
      ),
      sql<number>`coalesce(sum(coalesce("costUsd", "heldUsd")), 0)`.as('costUsd'),
    ])
    .where('at', '>=', since)
  const [row] = db.rows(
    'taskId' in of ? query.where('taskId', '=', of.taskId) : query.where('keyId', '=', of.keyId),
  )
  if (row === undefined) throw new Error('an aggregate query returned no row')
  return row
}

function toRecord(row: Tables['exchanges']): ExchangeRecord {
  return { ...row, stream: row.stream === 1, simulated: row.simulated === 1 }
}
