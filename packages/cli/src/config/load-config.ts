import { existsSync } from 'node:fs'
import path from 'node:path'
import { configDirOf, expandPath, stateDirOf } from '../app/paths.ts'
import type { Env } from '../app/paths.ts'
import { CliError } from '../errors.ts'
import { checkLayer, checkProjectLayer } from './check-layer.ts'
import type { Config, ConfigLayer } from './config.ts'
import { readEnvLayer } from './env-layer.ts'
import { readConfigFile } from './read-config-file.ts'

export interface ConfigSources {
  readonly env: Env
  /** Relative paths in variables and flags start here. */
  readonly cwd: string
  /** Its `.agentproxy/config.*` is read; null = no project. */
  readonly projectDir: string | null
  /** The file given with `--config`. */
  readonly extraFile: string | null
}

/** Reads all layers, lowest first: defaults, user file, project file, `--config`, environment. Flags come after. */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const { env } = sources
  const configDir = configDirOf(env)
  const userFile = findFile(configDir)
  const projectFile =
    sources.projectDir === null ? null : findFile(path.join(sources.projectDir, '.agentproxy'))
  const extraFile = sources.extraFile === null ? null : path.resolve(sources.cwd, sources.extraFile)

  const layers: ConfigLayer[] = []
  for (const file of [userFile, projectFile, extraFile]) {
    if (file === null) continue
    const value = await readConfigFile(file)
    const layer =
      file === projectFile
        ? checkProjectLayer(file, value, userFile ?? path.join(configDir, 'config.yaml'))
        : checkLayer(file, value)
    layers.push(withAbsolutePaths(layer, path.dirname(file), env))
  }
  const fromEnv = readEnvLayer(env)
  const envLayer = withAbsolutePaths(checkLayer('environment', fromEnv.layer), sources.cwd, env)
  const merged = [...layers, envLayer].reduce(mergeLayers, {})
  return {
    ...withDefaults(merged, stateDirOf(env)),
    otherPlugins: fromEnv.otherPlugins,
    files: [userFile, projectFile, extraFile].filter((file) => file !== null),
  }
}

/** The user's own configuration file, or the one to make. */
export function userConfigFile(env: Env): string {
  const configDir = configDirOf(env)
  return findFile(configDir) ?? path.join(configDir, 'config.yaml')
}

function findFile(directory: string): string | null {
  const found = ['yaml', 'yml', 'toml', 'json']
    .map((extension) => path.join(directory, `config.${extension}`))
    .filter((file) => existsSync(file))
  if (found.length > 1) {
    throw new CliError('CONFIG_INVALID', `two configuration files: ${found.join(' and ')}`, {
      hint: 'Keep one of them.',
    })
  }
  return found[0] ?? null
}

/** A package name stays as it is; everything that is written as a path becomes absolute. */
function withAbsolutePaths(layer: ConfigLayer, base: string, env: Env): ConfigLayer {
  const result = { ...layer }
  if (layer.pluginModules) {
    result.pluginModules = layer.pluginModules.map((name) =>
      /^(?:[./~]|[A-Za-z]:\\)/.test(name) ? expandPath(name, base, env) : name,
    )
  }
  if (layer.pluginsDir) result.pluginsDir = expandPath(layer.pluginsDir, base, env)
  if (layer.store) {
    const file = layer.store.url.replace(/^sqlite:(?:\/\/(?=\/))?/, '')
    if (file === '') throw new CliError('CONFIG_INVALID', 'store.url: expected sqlite:PATH')
    result.store = { url: `sqlite:${expandPath(file, base, env)}` }
  }
  return result
}

/** Objects merge key by key, lists of further modules add up, everything else replaces. */
function mergeLayers(low: ConfigLayer, high: ConfigLayer): ConfigLayer {
  const merged = { ...low, ...high }
  if (low.server && high.server) merged.server = { ...low.server, ...high.server }
  if (low.supervisor && high.supervisor) merged.supervisor = { ...low.supervisor, ...high.supervisor }
  if (low.routing && high.routing) merged.routing = { ...low.routing, ...high.routing }
  if (low.models && high.models) merged.models = { ...low.models, ...high.models }
  if (low.pluginModules && high.pluginModules) {
    merged.pluginModules = [...new Set([...high.pluginModules, ...low.pluginModules])]
  }
  if (low.plugins && high.plugins) {
    merged.plugins = { ...low.plugins }
    for (const [name, section] of Object.entries(high.plugins)) {
      merged.plugins[name] = { ...low.plugins[name], ...section }
    }
  }
  return merged
}

function withDefaults(layer: ConfigLayer, stateDir: string): Omit<Config, 'otherPlugins' | 'files'> {
  const plugins: Record<string, Record<string, unknown>> = {}
  const disabled = new Set(layer.disabledPlugins)
  for (const [name, { enabled, ...section }] of Object.entries(layer.plugins ?? {})) {
    if (enabled === false) disabled.add(name)
    if (Object.keys(section).length > 0) plugins[name] = section
  }
  return {
    server: { host: layer.server?.host ?? '127.0.0.1', port: layer.server?.port ?? 8000 },
    plugins,
    enabledPlugins: layer.enabledPlugins ?? null,
    disabledPlugins: [...disabled],
    pluginModules: layer.pluginModules ?? [],
    pluginsDir: layer.pluginsDir ?? null,
    models: Object.fromEntries(
      Object.entries(layer.models ?? {}).map(([alias, pool]) => [
        alias,
        typeof pool === 'string' ? [pool] : pool,
      ]),
    ),
    routing: { loss: layer.routing?.loss ?? 'report' },
    supervisor: {
      agent: layer.supervisor?.agent ?? null,
      model: layer.supervisor?.model ?? null,
      reasoner: layer.supervisor?.reasoner ?? 'rules',
      reasonerModel: layer.supervisor?.reasonerModel ?? null,
    },
    checks: layer.checks ?? [],
    storePath: layer.store?.url.slice('sqlite:'.length) ?? path.join(stateDir, 'agentproxy.db'),
  }
}
