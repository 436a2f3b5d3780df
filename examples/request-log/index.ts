// Keeps the last requests the gateway answered: middleware sees them, routes tell of them, a task forgets old ones, and
// health says whether too many of them failed.
import { definePlugin } from '@agentproxy/plugin'
import { z } from 'zod'

interface Entry {
  readonly at: number
  readonly method: string
  readonly path: string
  readonly status: number
  readonly durationMs: number
}

export default definePlugin({
  name: 'request-log',
  version: '1.0.0',
  description: 'The last requests, and how they were answered',
  prefix: '/request-log',
  config: z.strictObject({
    /** Entries kept. */
    size: z.int().positive().max(10_000).default(500),
    /** Milliseconds an entry is kept. */
    maxAgeMs: z.int().positive().default(3_600_000),
  }),
  setup(ctx) {
    const { size, maxAgeMs } = ctx.config
    let entries: Entry[] = []

    ctx.middleware('observability', async (request, next) => {
      const at = Date.now()
      const started = performance.now()
      const response = await next(request)
      const path = new URL(request.url).pathname
      const durationMs = Math.round(performance.now() - started)
      entries.push({ at, method: request.method, path, status: response.status, durationMs })
      if (entries.length > size) entries.shift()
      return response
    })

    ctx.route('GET', '/recent', (request) => {
      const asked = Number(new URL(request.url).searchParams.get('limit') ?? 20)
      const limit = Number.isInteger(asked) && asked > 0 ? asked : 20
      return Response.json(entries.slice(-limit).toReversed())
    })
    ctx.route('GET', '/status/:status', (_request, { params }) =>
      Response.json(entries.filter(({ status }) => String(status) === params['status'])),
    )
    ctx.route('DELETE', '/', () => {
      entries = []
      return new Response(null, { status: 204 })
    })

    ctx.task('forget', { everyMs: 60_000, jitterMs: 5000, skipInitialRun: true }, () => {
      const oldest = Date.now() - maxAgeMs
      entries = entries.filter(({ at }) => at >= oldest)
    })

    ctx.health(() => {
      const failed = entries.filter(({ status }) => status >= 500).length
      const details = { requests: entries.length, failed }
      if (failed * 2 > entries.length) return { status: 'warn', output: 'most requests failed', details }
      return { status: 'pass', details }
    })

    return { recent: (): readonly Entry[] => entries }
  },
})
