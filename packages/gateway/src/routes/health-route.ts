import type { FastifyInstance } from 'fastify'
import type { HealthReport } from '@agentproxy/kernel'

export interface HealthRoute {
  readonly version: string
  /** Asks the plugins; null = the gateway speaks for itself alone. */
  readonly check: (() => Promise<HealthReport>) | null
}

/**
 * Adds what may be asked without a token. `GET /health` answers as draft-inadarei-api-health-check-06 says: pass and warn
 * are 200, fail is 503; what each plugin says is told only to the owner and to tasks.
 */
export function addHealthRoute(app: FastifyInstance, { version, check }: HealthRoute): void {
  app.get('/health', { config: { access: 'public' }, exposeHeadRoute: true }, async (request, reply) => {
    const report = check === null ? null : await check()
    const status = report?.status ?? 'pass'
    const details =
      report === null || request.identity === null || request.identity.kind === 'key'
        ? {}
        : { checks: checksOf(report) }
    return reply
      .code(status === 'fail' ? 503 : 200)
      .type('application/health+json')
      .send(JSON.stringify({ status, version, ...details }))
  })
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
