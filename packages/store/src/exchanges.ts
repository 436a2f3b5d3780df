import { sql } from 'kysely'
import type { Connection } from './connection.ts'
import type { ExchangeRecord, Store, UsageTotals } from './store.ts'
import type { Tables } from './tables.ts'

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
  }
}

function totals(db: Connection, taskId: string): UsageTotals {
  const [row] = db.rows(
    db.query
      .selectFrom('exchanges')
      .where('taskId', '=', taskId)
      .select(({ fn }) => [
        fn.countAll<number>().as('exchanges'),
        sql<number>`coalesce(sum(outcome = 'failed'), 0)`.as('failed'),
        sql<number>`coalesce(sum("inputTokens"), 0)`.as('inputTokens'),
        sql<number>`coalesce(sum("outputTokens"), 0)`.as('outputTokens'),
        sql<number>`coalesce(sum("cacheReadTokens"), 0)`.as('cacheReadTokens'),
        sql<number>`coalesce(sum("cacheWriteTokens"), 0)`.as('cacheWriteTokens'),
        sql<number>`coalesce(sum("reasoningTokens"), 0)`.as('reasoningTokens'),
        sql<number | null>`sum("costUsd")`.as('costUsd'),
        sql<number>`count(*) - count("costUsd")`.as('unpriced'),
        sql<number>`coalesce(sum(simulated), 0)`.as('simulated'),
      ]),
  )
  if (row === undefined) throw new Error('an aggregate query returned no row')
  return row
}

function toRecord(row: Tables['exchanges']): ExchangeRecord {
  return { ...row, stream: row.stream === 1, simulated: row.simulated === 1 }
}
