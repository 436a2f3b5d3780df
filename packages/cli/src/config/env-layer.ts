import type { Env } from '../app/paths.ts'
import { CliError } from '../errors.ts'
import type { ConfigLayer } from './config.ts'

export interface EnvLayer {
  readonly layer: ConfigLayer
  /** The variable each value came from, by its path as `plugins.cache.maxEntries`. */
  readonly variables: ReadonlyMap<string, string>
  /** `AGENTPROXY_PLUGINS_ENABLED`: false = only the bundled plugins. */
  readonly otherPlugins: boolean
}

/** Variables come with the prefix `AGENTPROXY_`; the bare names are aliases that the prefixed ones override. */
export function readEnvLayer(env: Env): EnvLayer {
  const variables = new Map<string, string>()
  const plugins = sections(env, 'PLUGINS__', variables)
  mergeSections(plugins, sections(env, 'AGENTPROXY_PLUGINS__', variables))
  const first = (path: string, ...names: readonly string[]): string | undefined => {
    const name = names.find((candidate) => env[candidate])
    if (name !== undefined) variables.set(path, name)
    return name === undefined ? undefined : env[name]
  }
  const enabled = first('enabledPlugins', 'AGENTPROXY_ENABLED_PLUGINS', 'ENABLED_PLUGINS')
  const disabled = first('disabledPlugins', 'AGENTPROXY_DISABLED_PLUGINS', 'DISABLED_PLUGINS')
  const modules = first('pluginModules', 'AGENTPROXY_PLUGINS')
  const directory = first('pluginsDir', 'AGENTPROXY_PLUGINS_DIR')
  const database = first('store.url', 'AGENTPROXY_DATABASE_URL')
  const layer: ConfigLayer = {
    ...(Object.keys(plugins).length > 0 && { plugins }),
    ...(enabled && { enabledPlugins: list(enabled) }),
    ...(disabled && { disabledPlugins: list(disabled) }),
    ...(modules && { pluginModules: list(modules) }),
    ...(directory && { pluginsDir: directory }),
    ...(database && { store: { url: database } }),
  }
  const otherPlugins = flag(env, 'AGENTPROXY_PLUGINS_ENABLED', 'ENABLE_PLUGINS') ?? true
  return { layer, variables, otherPlugins }
}

type Sections = Record<string, Record<string, unknown>>

/** `PLUGINS__MY_PLUGIN__MAX_ENTRIES=5` is `my-plugin: { maxEntries: 5 }`; more double underscores nest deeper. */
function sections(env: Env, prefix: string, variables: Map<string, string>): Sections {
  const found: Sections = {}
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(prefix) || value === undefined) continue
    const [name, ...keys] = variable.slice(prefix.length).split('__')
    if (!name || keys.length === 0 || keys.some((key) => key === '')) {
      throw new CliError('CONFIG_INVALID', `${variable}: expected ${prefix}NAME__KEY`)
    }
    const path = [name.toLowerCase().replaceAll('_', '-'), ...keys.map(camelCase)]
    if (path.some((key) => key in Object.prototype)) {
      throw new CliError('CONFIG_INVALID', `${variable}: this key is not allowed`)
    }
    variables.set(`plugins.${path.join('.')}`, variable)
    place(found, path, scalar(value))
  }
  return found
}

function place(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = into
  for (const key of path.slice(0, -1)) {
    const next = at[key]
    at = (typeof next === 'object' && next !== null ? next : (at[key] = {})) as Record<string, unknown>
  }
  at[path.at(-1) ?? ''] = value
}

function mergeSections(into: Sections, from: Sections): void {
  for (const [name, section] of Object.entries(from)) into[name] = { ...into[name], ...section }
}

/** Numbers, booleans, null, lists and objects as JSON; anything else is the text itself. */
function scalar(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function camelCase(key: string): string {
  return key.toLowerCase().replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function flag(env: Env, ...names: readonly string[]): boolean | null {
  const name = names.find((candidate) => env[candidate])
  if (name === undefined) return null
  const value = env[name]?.toLowerCase() ?? ''
  if (['1', 'true', 'yes', 'on'].includes(value)) return true
  if (['0', 'false', 'no', 'off'].includes(value)) return false
  throw new CliError('CONFIG_INVALID', `${name}: expected 1 or 0, got "${env[name]}"`)
}
