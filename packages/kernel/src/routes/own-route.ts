import { PluginError, reservedPrefixes } from '@agentproxy/plugin'
import type { RouteHandler, RouteMethod } from '@agentproxy/plugin'
import type { Generation } from '../lifecycle/generation.ts'

/** A route as its plugin gave it, with its whole path. */
export interface OwnRoute {
  readonly method: RouteMethod
  /** With the plugin's prefix. Segments as `:id` are named parts; a last `*` takes the rest. */
  readonly path: string
  readonly access: 'owner' | 'public'
  readonly handler: RouteHandler
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const PATH = /^(?:\/|(?:\/(?:[\w.~-]+|:[A-Za-z]\w*))+(?:\/\*)?|\/\*)$/

/** Puts a route under its plugin's prefix. Throws PLUGIN_INVALID for a path or a prefix that cannot be served. */
export function createRoute({ plugin, definition }: Generation, route: OwnRoute): OwnRoute {
  const invalid = (what: string): PluginError =>
    new PluginError('PLUGIN_INVALID', `plugin ${plugin}: route ${route.method} ${route.path}: ${what}`, {
      plugin,
    })
  if (!METHODS.has(route.method)) throw invalid(`the method must be one of ${[...METHODS].join(', ')}`)
  if (!PATH.test(route.path)) throw invalid('the path must be as in / or /items/:id or /files/*')
  const prefix = definition.prefix ?? `/${plugin}`
  if (reservedPrefixes.includes(prefix))
    throw invalid(`paths under ${prefix} belong to the host; give the plugin another prefix`)
  return { ...route, path: route.path === '/' ? prefix : `${prefix}${route.path}` }
}
