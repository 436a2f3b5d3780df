import type { FastifyInstance } from 'fastify'

/** Adds what may be asked without a token: `GET /health` says only that it serves, `HEAD /` is Claude Code's probe. */
export function addHealthRoute(app: FastifyInstance, version: string): void {
  app.get('/health', { config: { open: true } }, async (_request, reply) =>
    reply.type('application/health+json').send(JSON.stringify({ status: 'pass', version })),
  )
  app.head('/', { config: { open: true } }, async (_request, reply) => reply.code(200).send())
}
