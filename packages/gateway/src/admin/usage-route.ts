import type { FastifyInstance } from 'fastify'
import type { Store, UsageBy, UsageQuery } from '@agentproxy/store'
import { failure } from '../exchange/failure.ts'
import { parseMoment } from '../money/parse-moment.ts'
import { sendError } from '../routes/dialect.ts'

const GROUPS: readonly UsageBy[] = ['key', 'model', 'provider', 'task', 'day']

/** Adds `GET /usage?by=&since=&until=`, for the owner alone: exchanges, tokens and cost of what was recorded. */
export function addUsageRoute(app: FastifyInstance, ledger: Pick<Store['exchanges'], 'usage'>): void {
  app.get<{ Querystring: Record<string, string | string[]> }>(
    '/usage',
    { config: { access: 'owner' } },
    async (request, reply) => {
      const query = readQuery(request.query)
      if (typeof query === 'string') return sendError(request, reply, failure('invalid_request', query))
      return { ...query, rows: await ledger.usage(query) }
    },
  )
}

/** What is wrong, in words, if it is no query. */
function readQuery({
  by = 'model',
  since,
  until,
  ...others
}: Record<string, string | string[]>): UsageQuery | string {
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    return `Unknown parameter "${unknown.slice(0, 100)}". Usage takes by, since, until.`
  const group = GROUPS.find((name) => name === by)
  if (group === undefined) return `"by" must be one of ${GROUPS.join(', ')}.`
  const now = Date.now()
  const from = since === undefined ? undefined : parseMoment(String(since), now)
  const to = until === undefined ? undefined : parseMoment(String(until), now)
  if (from === null || to === null)
    return '"since" and "until" must be a date such as 2026-11-21, or a span before now such as 7d or 12h.'
  return { by: group, ...(from !== undefined && { since: from }), ...(to !== undefined && { until: to }) }
}
