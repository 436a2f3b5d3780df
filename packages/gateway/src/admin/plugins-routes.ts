import type { FastifyInstance, FastifyReply } from 'fastify'
import type { PluginInfo } from '@agentproxy/kernel'
import type { PluginAdmin } from './plugin-admin.ts'
import { sendPluginError, sendProblem } from './plugin-failure.ts'
import { detailsOf, healthOf, summaryOf } from './plugin-view.ts'

interface Named {
  Params: { readonly name: string }
}

const OWNER = { config: { access: 'owner' } } as const

/** Adds what lists, explains and manages plugins, for the owner alone. Changes last as long as this process. */
export function addPluginsRoutes(app: FastifyInstance, admin: PluginAdmin): void {
  app.get('/plugins', OWNER, () => {
    const plugins = admin.getPluginStatus().plugins.map(summaryOf)
    return { plugins, total: plugins.length }
  })
  app.get('/plugins/status', OWNER, () => {
    const { plugins, droppedObservations, subscriptions } = admin.getPluginStatus()
    const metrics = admin.getPluginMetrics()
    const details = plugins.map((info) => detailsOf(info, metrics[info.name] ?? null))
    return { plugins: details, total: details.length, droppedObservations, subscriptions }
  })
  app.get<Named>('/plugins/:name', OWNER, (request, reply) =>
    withPlugin(admin, reply, request.params.name, (info) =>
      detailsOf(info, admin.getPluginMetrics()[info.name] ?? null),
    ),
  )
  app.get<Named>('/plugins/:name/health', OWNER, (request, reply) =>
    withPlugin(admin, reply, request.params.name, async (info) => {
      const health = healthOf(info, await admin.healthCheck())
      return reply.code(health.status === 'unhealthy' ? 503 : 200).send(health)
    }),
  )
  app.get<Named>('/plugins/:name/schema', OWNER, (request, reply) =>
    withPlugin(admin, reply, request.params.name, (info) => sendSchema(reply, info)),
  )
  addChanges(app, admin)
}

function addChanges(app: FastifyInstance, admin: PluginAdmin): void {
  app.post<Named>('/plugins/:name/reload', OWNER, (request, reply) =>
    withPlugin(admin, reply, request.params.name, async ({ name }) =>
      summaryOf(await admin.reloadPlugin(name)),
    ),
  )
  app.post<Named>('/plugins/:name/enable', OWNER, (request, reply) =>
    withPlugin(admin, reply, request.params.name, async (info) =>
      summaryOf(info.status === 'active' ? info : await admin.reloadPlugin(info.name)),
    ),
  )
  app.post<Named>('/plugins/:name/disable', OWNER, (request, reply) =>
    withPlugin(admin, reply, request.params.name, async ({ name, status }) => {
      if (status === 'active') await admin.unloadPlugin(name)
      return summaryOf(admin.getPlugin(name))
    }),
  )
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
