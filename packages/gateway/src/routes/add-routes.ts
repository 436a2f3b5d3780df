import type { FastifyInstance } from 'fastify'
import type { Store } from '@agentproxy/store'
import { anthropic, openaiChat } from '@agentproxy/wire'
import { addAccountsRoute } from '../admin/accounts-route.ts'
import type { PluginAdmin } from '../admin/plugin-admin.ts'
import { addPluginsRoutes } from '../admin/plugins-routes.ts'
import { addToolsRoutes } from '../admin/tools-routes.ts'
import { addUsageRoute } from '../admin/usage-route.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import type { BookedRoute } from '../openapi/openapi-document.ts'
import { addCountRoute } from './count-route.ts'
import { addEmbeddingsRoute } from './embeddings-route.ts'
import { addGeminiRoute } from './gemini-route.ts'
import { addHealthRoute } from './health-route.ts'
import type { HealthRoute } from './health-route.ts'
import { addHostRoutes } from './host-routes.ts'
import type { HostRoute } from './host-routes.ts'
import { addModelRoute } from './model-route.ts'
import { addModelsRoute } from './models-route.ts'
import { addOpenapiRoute, bookRoutes } from './openapi-route.ts'
import { addProbeRoutes } from './probe-routes.ts'
import { addResponsesRoutes } from './responses-route.ts'
import { addWatchRoutes } from './watch-routes.ts'
import type { Watched } from './watch-routes.ts'

export interface RouteSources {
  readonly runtime: GatewayRuntime
  readonly health: HealthRoute
  /** Whether we are closing. */
  readonly state: { readonly closing: boolean }
  /** null = no routes that manage plugins. */
  readonly plugins: PluginAdmin | null
  /** null = no route that tells usage. */
  readonly ledger: Pick<Store['exchanges'], 'usage'> | null
  readonly watched: Watched
  /** Of the program around the gateway. */
  readonly hostRoutes: readonly HostRoute[]
}

/** Adds every route of the gateway's own, and gives them; the first segments of their paths are in `reservedPrefixes`. */
export function addRoutes(
  app: FastifyInstance,
  { runtime, health, state, plugins, ledger, watched, hostRoutes }: RouteSources,
): readonly BookedRoute[] {
  const routes = bookRoutes(app)
  addOpenapiRoute(app, { routes, version: health.version })
  addHealthRoute(app, health)
  addProbeRoutes(app, state)
  addModelsRoute(app, runtime)
  addModelRoute(app, runtime, { path: '/v1/messages', format: anthropic })
  addModelRoute(app, runtime, { path: '/v1/chat/completions', format: openaiChat })
  addResponsesRoutes(app, runtime)
  addEmbeddingsRoute(app, runtime)
  addGeminiRoute(app, runtime)
  addCountRoute(app, runtime)
  addWatchRoutes(app, watched)
  addAccountsRoute(app, runtime)
  if (ledger !== null) addUsageRoute(app, ledger)
  if (plugins !== null) {
    addPluginsRoutes(app, {
      admin: plugins,
      peers: watched.peers,
      health: health.check ?? (() => plugins.healthCheck()),
    })
    addToolsRoutes(app, runtime, plugins)
  }
  addHostRoutes(app, runtime, hostRoutes)
  return routes
}
