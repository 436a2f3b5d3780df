import type { FastifyInstance, FastifyReply } from 'fastify'
import type { HealthReport, PluginInfo } from '@agentproxy/kernel'
import type { Peers } from '../peers/peers.ts'
import { changeHere, changePlugin, statesOf } from './change-plugin.ts'
import type { PluginAdmin } from './plugin-admin.ts'
import { sendPluginError, sendProblem } from './plugin-failure.ts'
import { pluginsElsewhere } from './plugins-elsewhere.ts'
import { detailsOf, healthOf, summaryOf } from './plugin-view.ts'

interface Named {
  Params: { readonly name: string }
}

const OWNER = { config: { access: 'owner' } } as const

export interface PluginsRoutes {
  readonly admin: PluginAdmin
  /** null = this process serves alone. */
  readonly peers: Peers | null
  /** How the plugins of all processes are. */
  readonly health: () => Promise<HealthReport>
}

/** Adds what lists, explains and manages plugins, for the owner alone. Changes last as long as the server. */
export function addPluginsRoutes(app: FastifyInstance, routes: PluginsRoutes): void {
  const { admin, peers } = routes
  peers?.asked('plugins', () => statesOf(admin))
  peers?.asked('plugin', async (change) => {
    await changeHere(admin, change)
    return null
  })
  app.get('/plugins', OWNER, async () => {
    const elsewhere = await pluginsElsewhere(peers)
    const plugins = admin
      .getPluginStatus()
      .plugins.map((info) => ({ ...summaryOf(info), ...elsewhere(info) }))
    return { plugins, total: plugins.length }
  })
  app.get('/plugins/status', OWNER, async () => {
    const elsewhere = await pluginsElsewhere(peers)
    const { plugins, droppedObservations, subscriptions } = admin.getPluginStatus()
    const metrics = admin.getPluginMetrics()
    const details = plugins.map((info) => ({
      ...detailsOf(info, metrics[info.name] ?? null),
      ...elsewhere(info),
    }))
    return { plugins: details, total: details.length, droppedObservations, subscriptions }
  })
  app.get<Named>('/plugins/:name', OWNER, (request, reply) =>
    withPlugin(admin, reply, request.params.name, (info) =>
      detailsOf(info, admin.getPluginMetrics()[info.name] ?? null),
    ),
  )
  app.get<Named>('/plugins/:name/health', OWNER, (request, reply) =>
    withPlugin(admin, reply, request.params.name, async (info) => {
      const health = healthOf(info, await routes.health())
      return reply.code(health.status === 'unhealthy' ? 503 : 200).send(health)
    }),
  )
  app.get<Named>('/plugins/:name/schema', OWNER, (request, reply) =>
    withPlugin(admin, reply, request.params.name, (info) => sendSchema(reply, info)),
  )
  addChanges(app, routes)
}

function addChanges(app: FastifyInstance, { admin, peers }: PluginsRoutes): void {
  for (const action of ['reload', 'enable', 'disable'] as const) {
    app.post<Named>(`/plugins/:name/${action}`, OWNER, (request, reply) =>
      withPlugin(admin, reply, request.params.name, async ({ name }) =>
        summaryOf(await changePlugin(admin, peers, { name, action })),
      ),
    )
  }
}

async function withPlugin(
  admin: PluginAdmin,
  reply: FastifyReply,
  name: string,
  answer: (info: PluginInfo) => unknown,
): Promise<unknown> {
  try {
    return await answer(admin.getPlugin(name))
  } catch (thrown) {
    return sendPluginError(reply, thrown)
  }
}

function sendSchema(reply: FastifyReply, info: PluginInfo): FastifyReply {
  const schema = info.getConfigSchema()
  if (schema !== null) return reply.type('application/schema+json').send(JSON.stringify(schema))
  const message = `The plugin "${info.name}" takes no configuration, or its schema cannot be written as JSON Schema.`
  return sendProblem(reply, 404, { code: 'SCHEMA_NOT_FOUND', message })
}
