import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Connection } from './connection.ts'
import type { UsageBy, UsageQuery, UsageRow } from './store.ts'

const GROUPS: Readonly<Record<UsageBy, RawBuilder<string | null>>> = {
  key: sql`"keyId"`,
  model: sql`case when "upstreamModel" is null then model else provider || '/' || "upstreamModel" end`,
  provider: sql`provider`,
  task: sql`"taskId"`,
  day: sql`strftime('%Y-%m-%d', at / 1000, 'unixepoch')`,
}

/** The columns of `UsageTotals`. */
export const totalColumns = [
  sql<number>`count(*)`.as('exchanges'),
  sql<number>`coalesce(sum(outcome = 'failed'), 0)`.as('failed'),
  sql<number>`coalesce(sum("inputTokens"), 0)`.as('inputTokens'),
  sql<number>`coalesce(sum("outputTokens"), 0)`.as('outputTokens'),
  sql<number>`coalesce(sum("cacheReadTokens"), 0)`.as('cacheReadTokens'),
  sql<number>`coalesce(sum("cacheWriteTokens"), 0)`.as('cacheWriteTokens'),
  sql<number>`coalesce(sum("reasoningTokens"), 0)`.as('reasoningTokens'),
  sql<number | null>`sum("costUsd")`.as('costUsd'),
  sql<number>`count(*) - count("costUsd")`.as('unpriced'),
  sql<number>`coalesce(sum(simulated), 0)`.as('simulated'),
] as const

/** Usage of a span of time by what it was for. */
export function usageRows(db: Connection, { by, since, until }: UsageQuery): readonly UsageRow[] {
  const group = GROUPS[by]
  let query = db.query
    .selectFrom('exchanges')
    .select([group.as('group'), ...totalColumns])
    .groupBy(group)
  if (since !== undefined) query = query.where('at', '>=', since)
  if (until !== undefined) query = query.where('at', '<', until)
  if (by === 'day') return db.rows(query.orderBy(group))
  return db.rows(
    query
      .orderBy(sql`sum("costUsd")`, (order) => order.desc().nullsLast())
      .orderBy(sql`sum("inputTokens")`, (order) => order.desc().nullsLast())
      .orderBy(group),
  )
}
