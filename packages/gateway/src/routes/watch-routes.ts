import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { PluginAdmin } from '../admin/plugin-admin.ts'
import type { EventHub } from '../events/event-hub.ts'
import { failure } from '../exchange/failure.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import type { ExchangeMetrics } from '../metrics/exchange-metrics.ts'
import { mergeMetrics } from '../metrics/merge-metrics.ts'
import { METRICS_TYPE, writeMetrics } from '../metrics/metric-text.ts'
import type { MetricFamily } from '../metrics/metric-text.ts'
import { pluginMetrics } from '../metrics/plugin-metrics.ts'
import type { Peers } from '../peers/peers.ts'
import { sendError } from './dialect.ts'

export interface Watched {
  readonly runtime: GatewayRuntime
  readonly metrics: ExchangeMetrics
  readonly events: EventHub
  readonly plugins: PluginAdmin | null
  readonly version: string
  /** null = this process serves alone. */
  readonly peers: Peers | null
}

const PEERS_LIMIT_MS = 5_000

const OWNER = { config: { access: 'owner' } } as const

/** Adds `GET /metrics` (Prometheus) and `GET /events` (server-sent), for the owner alone. */
export function addWatchRoutes(app: FastifyInstance, watched: Watched): void {
  const { peers } = watched
  peers?.asked('metrics', () => countAll(watched))
  app.get('/metrics', OWNER, async (_request, reply) => {
    const answers = (await peers?.ask('metrics', null, PEERS_LIMIT_MS)) ?? []
    const others = answers.flatMap((answer) => (answer.ok ? [answer.value] : []))
    return reply.type(METRICS_TYPE).send(writeMetrics(mergeMetrics([countAll(watched), ...others])))
  })
  app.get('/events', OWNER, (request, reply) => {
    const lastId = lastEventId(request)
    if (lastId === 'bad') {
      const message = 'The header Last-Event-ID must be the id of an event.'
      return sendError(request, reply, failure('invalid_request', message))
    }
    if (watched.events.open(reply.raw, lastId)) return reply.hijack()
    return sendError(request, reply, failure('overloaded', 'Too many read the events already. Close some.'))
  })
}

/** What this process has counted. */
export function countAll({ runtime, metrics, events, plugins, version }: Watched): readonly MetricFamily[] {
  return [
    {
      name: 'agentproxy_build_info',
      type: 'gauge',
      help: 'Always 1; the label is what is told.',
      samples: [{ labels: { version }, value: 1 }],
      sameEverywhere: true,
    },
    ...metrics.families(),
    gauge(
      'agentproxy_gateway_open_exchanges',
      'Requests whose client still waits or reads.',
      runtime.open.size,
    ),
    gauge(
      'agentproxy_gateway_waiting_requests',
      'Model requests that wait until others have ended.',
      runtime.admission.waiting,
    ),
    gauge('agentproxy_gateway_event_readers', 'Clients that read the events.', events.readers),
    ...(plugins === null ? [] : pluginMetrics(plugins)),
  ]
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, type: 'gauge', help, samples: [{ labels: {}, value }] }
}

function lastEventId({ headers }: FastifyRequest): number | null | 'bad' {
  const text = headers['last-event-id']
  if (text === undefined || text === '') return null
  const id = Number(text)
  return Number.isSafeInteger(id) && id >= 0 ? id : 'bad'
}
