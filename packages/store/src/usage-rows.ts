import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Database } from './database.ts'
import type { UsageBy, UsageQuery } from './store.ts'

const DAY: Readonly<Record<Database['kind'], RawBuilder<string | null>>> = {
  sqlite: sql`strftime('%Y-%m-%d', at / 1000, 'unixepoch')`,
  postgres: sql`to_char(to_timestamp(at / 1000) at time zone 'utc', 'YYYY-MM-DD')`,
}

function groupOf(by: UsageBy, db: Database): RawBuilder<string | null> {
  switch (by) {
    case 'key':
      return sql`"keyId"`
    case 'model':
      return sql`case when "upstreamModel" is null then model else provider || '/' || "upstreamModel" end`
    case 'provider':
      return sql`provider`
    case 'task':
      return sql`"taskId"`
    case 'day':
      return DAY[db.kind]
  }
}

/** The columns of `UsageTotals`. */
export const totalColumns = [
  sql<number>`count(*)`.as('exchanges'),
  sql<number>`count(*) filter (where outcome = 'failed')`.as('failed'),
  sql<number>`coalesce(sum("inputTokens"), 0)`.as('inputTokens'),
  sql<number>`coalesce(sum("outputTokens"), 0)`.as('outputTokens'),
  sql<number>`coalesce(sum("cacheReadTokens"), 0)`.as('cacheReadTokens'),
  sql<number>`coalesce(sum("cacheWriteTokens"), 0)`.as('cacheWriteTokens'),
  sql<number>`coalesce(sum("reasoningTokens"), 0)`.as('reasoningTokens'),
  sql<number | null>`sum("costUsd")`.as('costUsd'),
  sql<number>`count(*) - count("costUsd")`.as('unpriced'),
  sql<number>`coalesce(sum(simulated), 0)`.as('simulated'),
] as const

/** Usage of a span of time by what it was for: rows of `UsageRow`. */
export function usageRows(db: Database, { by, since, until }: UsageQuery) {
  const group = groupOf(by, db)
  let query = db.query
    .selectFrom('exchanges')
    .select([group.as('group'), ...totalColumns])
    .groupBy(group)
  if (since !== undefined) query = query.where('at', '>=', since)
  if (until !== undefined) query = query.where('at', '<', until)
  if (by === 'day') return query.orderBy(group)
  return query
    .orderBy(sql`sum("costUsd")`, (order) => order.desc().nullsLast())
    .orderBy(sql`sum("inputTokens")`, (order) => order.desc().nullsLast())
    .orderBy(group)
}
