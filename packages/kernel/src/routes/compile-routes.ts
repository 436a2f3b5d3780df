import { PluginError } from '@agentproxy/plugin'
import type { RouteContext, RouteMethod } from '@agentproxy/plugin'
import { contributionsOf } from '../snapshot/contribution.ts'
import type { Contributor } from '../snapshot/contribution.ts'
import type { Report } from '../snapshot/handler.ts'
import { textOf } from '../text-of.ts'
import type { OwnRoute } from './own-route.ts'

/** A live route, ready to be called. */
export interface PluginRoute {
  readonly plugin: string
  readonly method: RouteMethod
  /** Segments as `:id` are named parts; a last `*` takes the rest, under the name `*`. */
  readonly path: string
  readonly access: 'owner' | 'public'
  /** Rejects with ROUTE_FAILED, already reported. */
  handle(request: Request, context: RouteContext): Promise<Response>
}

/** All routes. Throws CONTRIBUTION_CONFLICT where two plugins claim one prefix, or one path is claimed twice. */
export function compileRoutes(contributors: readonly Contributor[], report: Report): readonly PluginRoute[] {
  const prefixes = new Map<string, string>()
  const paths = new Map<string, string>()
  const routes: PluginRoute[] = []
  for (const contributor of contributors) {
    for (const { value: route } of contributionsOf('route', contributor.contributions)) {
      const { method, path } = route
      claim(prefixes, path.split('/', 2)[1] ?? '', `the prefix of ${path}`, contributor.plugin)
      const shape = path.replaceAll(/:\w+/g, ':')
      if (paths.has(`${method} ${shape}`))
        throw conflict(`${method} ${path}`, contributor.plugin, contributor.plugin)
      paths.set(`${method} ${shape}`, contributor.plugin)
      routes.push(bindRoute(contributor, route, report))
    }
  }
  return routes
}

function claim(prefixes: Map<string, string>, prefix: string, what: string, plugin: string): void {
  const holder = prefixes.get(prefix) ?? plugin
  if (holder !== plugin) throw conflict(what, holder, plugin)
  prefixes.set(prefix, plugin)
}

function conflict(what: string, holder: string, plugin: string): PluginError {
  const who = holder === plugin ? `twice by plugin ${plugin}` : `by plugin ${holder} and by plugin ${plugin}`
  return new PluginError('CONTRIBUTION_CONFLICT', `${what} is claimed ${who}; change one of them`, { plugin })
}

function bindRoute(owner: Contributor, route: OwnRoute, report: Report): PluginRoute {
  const { plugin, generation, activity } = owner
  const { method, path, access, handler } = route
  return {
    plugin,
    method,
    path,
    access,
    handle: async (request, { params, signal }) => {
      activity.enter()
      try {
        const ends = AbortSignal.any([signal, owner.signal])
        const response: unknown = await handler(request, { params, signal: ends })
        if (response instanceof Response) return response
        throw new TypeError('it returned no Response')
      } catch (thrown) {
        const message = `plugin ${plugin} (generation ${generation}), route ${method} ${path}: ${textOf(thrown)}`
        const error = new PluginError('ROUTE_FAILED', message, { plugin, cause: thrown })
        // Who has gone away made it fail; nobody else needs to hear of it.
        if (!signal.aborted) report({ plugin, generation, error })
        throw error
      } finally {
        activity.leave()
      }
    },
  }
}
