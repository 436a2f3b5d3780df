import type { FastifyInstance } from 'fastify'
import type { HealthReport } from '@agentproxy/kernel'
import type { StoreHealth } from '@agentproxy/store'

export interface HealthRoute {
  readonly version: string
  /** Asks the plugins; null = the gateway speaks for itself alone. */
  readonly check: (() => Promise<HealthReport>) | null
  readonly store: (() => Promise<StoreHealth>) | null
}

const RANK = ['pass', 'warn', 'fail'] as const

/**
 * Adds what may be asked without a token. `GET /health` answers as draft-inadarei-api-health-check-06 says: pass and warn
 * are 200, fail is 503; what each plugin and the store say is told only to the owner and to tasks.
 */
export function addHealthRoute(app: FastifyInstance, { version, check, store }: HealthRoute): void {
  app.get('/health', { config: { access: 'public' }, exposeHeadRoute: true }, async (request, reply) => {
    const [report, database] = await Promise.all([check?.() ?? null, store?.() ?? null])
    const status = worst([report?.status ?? 'pass', database?.status ?? 'pass'])
    const isTold = request.identity !== null && request.identity.kind !== 'key'
    const checks = {
      ...(report !== null && checksOf(report)),
      ...(database !== null && storeCheck(database)),
    }
    return reply
      .code(status === 'fail' ? 503 : 200)
      .type('application/health+json')
      .send(JSON.stringify({ status, version, ...(isTold && Object.keys(checks).length > 0 && { checks }) }))
  })
}

function worst(all: readonly (typeof RANK)[number][]): (typeof RANK)[number] {
  return RANK[Math.max(...all.map((one) => RANK.indexOf(one)))] ?? 'fail'
}

function storeCheck({ status, output }: StoreHealth): Record<string, readonly unknown[]> {
  const check = { componentId: 'store', componentType: 'datastore', status, time: new Date().toISOString() }
  return { 'store:connections': [{ ...check, ...(output !== '' && { output }) }] }
}

/** One entry for each plugin, under the draft's `component:measurement` key. */
function checksOf({ plugins, checkedAt }: HealthReport): Record<string, readonly unknown[]> {
  const time = new Date(checkedAt).toISOString()
  const entries = Object.entries(plugins).map(([name, { status, output, details, durationMs }]) => {
    const check = {
      componentId: `plugin-${name}`,
      componentType: 'component',
      observedValue: Math.round(durationMs),
      observedUnit: 'ms',
      status,
      time,
      ...(status !== 'pass' && output !== '' && { output }),
      ...(Object.keys(details).length > 0 && { details }),
    }
    return [`plugin-${name}:responseTime`, [check]] as const
  })
  return Object.fromEntries(entries)
}
