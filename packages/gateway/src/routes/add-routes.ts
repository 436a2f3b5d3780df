import type { FastifyInstance } from 'fastify'
import { anthropic, openaiChat, openaiResponses } from '@agentproxy/wire'
import type { Store } from '@agentproxy/store'
import type { PluginAdmin } from '../admin/plugin-admin.ts'
import { addPluginsRoutes } from '../admin/plugins-routes.ts'
import { addToolsRoutes } from '../admin/tools-routes.ts'
import { addUsageRoute } from '../admin/usage-route.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { addGeminiRoute } from './gemini-route.ts'
import { addHealthRoute } from './health-route.ts'
import type { HealthRoute } from './health-route.ts'
import { addModelRoute } from './model-route.ts'
import { addModelsRoute } from './models-route.ts'

export interface RouteSources {
  readonly runtime: GatewayRuntime
  readonly health: HealthRoute
  /** null = no routes that manage plugins. */
  readonly plugins: PluginAdmin | null
  /** null = no route that tells usage. */
  readonly ledger: Pick<Store['exchanges'], 'usage'> | null
}

/** Adds every route of the gateway's own; the first segments of their paths are in `reservedPrefixes`. */
export function addRoutes(app: FastifyInstance, sources: RouteSources): void {
  const { runtime, health, plugins, ledger } = sources
  addHealthRoute(app, health)
  addModelsRoute(app, runtime)
  addModelRoute(app, runtime, { path: '/v1/messages', format: anthropic })
  addModelRoute(app, runtime, { path: '/v1/chat/completions', format: openaiChat })
  addModelRoute(app, runtime, { path: '/v1/responses', format: openaiResponses })
  addGeminiRoute(app, runtime)
  if (ledger !== null) addUsageRoute(app, ledger)
  if (plugins === null) return
  addPluginsRoutes(app, plugins)
  addToolsRoutes(app, runtime, plugins)
}
