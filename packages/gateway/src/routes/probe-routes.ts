import type { FastifyInstance } from 'fastify'

/**
 * Adds the probes of process supervisors and clients. `/livez`: the process turns. `/readyz`: it takes requests; 503 from the
 * moment it is told to end, while it still finishes what is in flight. `/` is what people and Claude Code (by `HEAD`) ask first.
 */
export function addProbeRoutes(app: FastifyInstance, state: { readonly closing: boolean }): void {
  const options = { config: { access: 'public', whileClosing: true }, exposeHeadRoute: true } as const
  app.get('/livez', options, () => ({ status: 'pass' }))
  app.get('/readyz', options, (_request, reply) =>
    reply.code(state.closing ? 503 : 200).send({ status: state.closing ? 'fail' : 'pass' }),
  )
  app.get('/', { config: { access: 'public' }, exposeHeadRoute: true }, () => ({ name: 'agentproxy' }))
}
