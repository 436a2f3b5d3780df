import { PluginError } from '@agentproxy/plugin'
import type { Plugin, PluginDefinition } from '@agentproxy/plugin'
import { fromClass } from './class-adapter.ts'

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/
const PREFIX = /^\/[a-z0-9][a-z0-9-]{0,63}$/
/** The contract this host speaks, as major version. */
const CONTRACT = /^[\^~]?1(\.|$)/

/** Makes a definition of what a module or a caller gave: a definition, a class plugin, or its class. */
export function readDefinition(value: unknown, origin: string): PluginDefinition {
  const made = isClass(value) ? new value() : value
  if (!isPluginLike(made))
    throw invalid(origin, 'it is no plugin: neither a definition with setup nor a class plugin with a name')
  const definition =
    typeof made.setup === 'function' ? (made as unknown as PluginDefinition) : fromClass(made as Plugin)
  checkManifest(definition, origin)
  return definition
}

/** What a module exports as its plugin: the default export, else the only export that is one. */
export function pluginIn(module: unknown, origin: string): unknown {
  if (isPluginLike(module)) return module
  const exported = typeof module === 'object' && module !== null ? module : {}
  if ('default' in exported) return exported.default
  const plugins = Object.entries(exported).filter(([, value]) => isClass(value) || isPluginLike(value))
  const [only] = plugins
  if (only !== undefined && plugins.length === 1) return only[1]
  const names = plugins.map(([name]) => name).join(', ')
  throw invalid(
    origin,
    plugins.length === 0
      ? 'it exports no plugin; write `export default definePlugin({ ... })`'
      : `it exports several plugins (${names}); make one of them the default export`,
  )
}

function checkManifest(definition: PluginDefinition, origin: string): void {
  const { name, version, apiVersion, prefix, dependencies } = definition
  if (typeof name !== 'string' || !NAME.test(name))
    throw invalid(
      origin,
      `its name ${JSON.stringify(name)} is not kebab-case: a-z, 0-9 and -, at most 64 letters`,
    )
  if (typeof version !== 'string') throw invalid(origin, `plugin ${name} has no version`)
  if (apiVersion !== undefined && !CONTRACT.test(apiVersion))
    throw invalid(origin, `plugin ${name} was written for contract ${apiVersion}; this host speaks 1`)
  if (prefix !== undefined && !PREFIX.test(prefix))
    throw invalid(
      origin,
      `plugin ${name}: its prefix ${JSON.stringify(prefix)} is not one path segment, as in "/${name}"`,
    )
  if (dependencies !== undefined && !Array.isArray(dependencies))
    throw invalid(origin, `the dependencies of plugin ${name} are not a list`)
}

function isClass(value: unknown): value is new () => unknown {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}

function isPluginLike(value: unknown): value is { readonly name: unknown; readonly setup?: unknown } {
  if (typeof value !== 'object' || value === null || !('name' in value)) return false
  return ['setup', 'initialize', 'getTools', 'getService', 'shutdown'].some(
    (method) => typeof (value as Record<string, unknown>)[method] === 'function',
  )
}

function invalid(origin: string, what: string): PluginError {
  return new PluginError('PLUGIN_INVALID', `cannot load plugin ${origin}: ${what}`)
}
