import { existsSync } from 'node:fs'
import path from 'node:path'
import { configDirOf, expandPath, stateDirOf } from '../app/paths.ts'
import type { Env } from '../app/paths.ts'
import type { StorePlace } from '@agentproxy/store'
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

/** The names a configuration file may have. */
export const CONFIG_FILES: readonly string[] = ['config.yaml', 'config.yml', 'config.toml', 'config.json']

/** One source of configuration, as it was found. */
export interface FoundLayer {
  /** For people: `default`, a file, or `environment`. */
  readonly origin: string
  /** Where single values come from, if that can be told more closely, by their path. */
  readonly closer?: ReadonlyMap<string, string>
  readonly layer: ConfigLayer
}

export interface FoundConfig {
  /** Lowest priority first. */
  readonly layers: readonly FoundLayer[]
  readonly config: Config
}

/** Reads all layers, lowest first: defaults, user file, project file, `--config`, environment. Flags come after. */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  return (await findConfig(sources)).config
}

/** The same, and which source said what. */
export async function findConfig(sources: ConfigSources): Promise<FoundConfig> {
  const { env } = sources
  const configDir = configDirOf(env)
  const userFile = findFile(configDir)
  const projectFile =
    sources.projectDir === null ? null : findFile(path.join(sources.projectDir, '.agentproxy'))
  const extraFile = sources.extraFile === null ? null : path.resolve(sources.cwd, sources.extraFile)

  const layers: FoundLayer[] = []
  for (const file of [userFile, projectFile, extraFile]) {
    if (file === null) continue
    const value = await readConfigFile(file)
    const layer =
      file === projectFile
        ? checkProjectLayer(file, value, userFile ?? path.join(configDir, 'config.yaml'))
        : checkLayer(file, value)
    layers.push({ origin: file, layer: withAbsolutePaths(layer, path.dirname(file), env) })
  }
  const files = layers.map(({ origin }) => origin)
  const defaults = defaultsIn(stateDirOf(env))
  layers.unshift({ origin: 'default', layer: defaults })
  const fromEnv = readEnvLayer(env)
  const envLayer = withAbsolutePaths(checkLayer('environment', fromEnv.layer), sources.cwd, env)
  layers.push({ origin: 'environment', layer: envLayer, closer: fromEnv.variables })
  const merged = layers.map(({ layer }) => layer).reduce(mergeLayers, {})
  const config = {
    ...complete(merged, defaults),
    otherPlugins: fromEnv.otherPlugins,
    packageFolders: packageFolders(configDir),
    files,
  }
  return { layers, config }
}

/** The user's own folder, and what agentproxy itself was installed into: a project's packages are not plugins by that. */
function packageFolders(configDir: string): readonly string[] {
  const [, installedIn] = /^(.*)[/\\]node_modules[/\\]/.exec(import.meta.dirname) ?? []
  return installedIn === undefined ? [configDir] : [configDir, installedIn]
}

/** The user's own configuration file, or the one to make. */
export function userConfigFile(env: Env): string {
  const configDir = configDirOf(env)
  return findFile(configDir) ?? path.join(configDir, 'config.yaml')
}

/** The configuration files that are there; more than one is a mistake. */
export function configFilesIn(directory: string): readonly string[] {
  return CONFIG_FILES.map((name) => path.join(directory, name)).filter((file) => existsSync(file))
}

function findFile(directory: string): string | null {
  const found = configFilesIn(directory)
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
  if (layer.sandboxedPlugins)
    result.sandboxedPlugins = layer.sandboxedPlugins.map((one) => absoluteGuest(one, base, env))
  if (layer.pluginsDir) result.pluginsDir = expandPath(layer.pluginsDir, base, env)
  if (layer.supervisor?.roots) {
    const roots = layer.supervisor.roots.map((root) => expandPath(root, base, env))
    result.supervisor = { ...layer.supervisor, roots }
  }
  if (layer.store?.url.startsWith('sqlite:')) {
    const file = layer.store.url.replace(/^sqlite:(?:\/\/(?=\/))?/, '')
    if (file === '') throw new CliError('CONFIG_INVALID', 'store.url: expected sqlite:PATH')
    result.store = { url: `sqlite:${expandPath(file, base, env)}` }
  }
  return result
}

type Guest = NonNullable<ConfigLayer['sandboxedPlugins']>[number]

function absoluteGuest(guest: Guest, base: string, env: Env): Guest {
  const folders = (paths: readonly string[] = []) => paths.map((one) => expandPath(one, base, env))
  const { fileSystem } = guest.permissions ?? {}
  const file = expandPath(guest.file, base, env)
  if (!fileSystem) return { ...guest, file }
  const absolute = { read: folders(fileSystem.read), write: folders(fileSystem.write) }
  return { ...guest, file, permissions: { ...guest.permissions, fileSystem: absolute } }
}

/** Objects merge key by key, lists of further modules add up, everything else replaces. */
function mergeLayers(low: ConfigLayer, high: ConfigLayer): ConfigLayer {
  const merged = { ...low, ...high }
  if (low.server && high.server) merged.server = { ...low.server, ...high.server }
  if (low.supervisor && high.supervisor) {
    const protect = [...(low.supervisor.protect ?? []), ...(high.supervisor.protect ?? [])]
    merged.supervisor = { ...low.supervisor, ...high.supervisor, protect: [...new Set(protect)] }
  }
  if (low.terminal && high.terminal) merged.terminal = { ...low.terminal, ...high.terminal }
  if (low.workspace && high.workspace) merged.workspace = { ...low.workspace, ...high.workspace }
  if (low.permissions && high.permissions) merged.permissions = addRules(low.permissions, high.permissions)
  if (low.routing && high.routing) merged.routing = mergeRouting(low.routing, high.routing)
  if (low.models && high.models) merged.models = { ...low.models, ...high.models }
  if (low.prices && high.prices) merged.prices = { ...low.prices, ...high.prices }
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

type Permissions = NonNullable<ConfigLayer['permissions']>

function addRules(low: Permissions, high: Permissions): Permissions {
  const both = (key: 'deny' | 'ask' | 'allow'): string[] => [...(low[key] ?? []), ...(high[key] ?? [])]
  return { ...low, ...high, deny: both('deny'), ask: both('ask'), allow: both('allow') }
}

type Routing = NonNullable<ConfigLayer['routing']>

function mergeRouting(low: Routing, high: Routing): Routing {
  return {
    ...low,
    ...high,
    ...((low.retries || high.retries) && { retries: { ...low.retries, ...high.retries } }),
    ...((low.timeouts || high.timeouts) && { timeouts: { ...low.timeouts, ...high.timeouts } }),
    ...((low.accounts || high.accounts) && { accounts: { ...low.accounts, ...high.accounts } }),
  }
}

function defaultsIn(stateDir: string) {
  return {
    server: { host: '127.0.0.1', port: 8000, workers: 1, drainMs: 10_000 },
    enabledPlugins: null,
    disabledPlugins: [],
    routing: { loss: 'report' as const },
    supervisor: { reasoner: 'rules' as const, concurrency: 2, resumeOnStart: false },
    permissions: { approve: 'auto' as const, timeoutMs: 300_000 },
    checks: [],
    store: { url: `sqlite:${path.join(stateDir, 'agentproxy.db')}` },
  } satisfies ConfigLayer
}

function complete(
  layer: ConfigLayer,
  defaults: Defaults,
): Omit<Config, 'otherPlugins' | 'packageFolders' | 'files'> {
  const plugins: Record<string, Record<string, unknown>> = {}
  const disabled = new Set(layer.disabledPlugins)
  for (const [name, { enabled, ...section }] of Object.entries(layer.plugins ?? {})) {
    if (enabled === false) disabled.add(name)
    // An empty section asks for a bundled plugin that is loaded only where one is there.
    if (enabled !== false || Object.keys(section).length > 0) plugins[name] = section
  }
  const pools = Object.entries(layer.models ?? {})
  return {
    server: {
      host: layer.server?.host ?? defaults.server.host,
      port: layer.server?.port ?? defaults.server.port,
      workers: layer.server?.workers ?? defaults.server.workers,
      drainMs: layer.server?.drainMs ?? defaults.server.drainMs,
      limits: layer.server?.limits ?? {},
    },
    plugins,
    enabledPlugins: layer.enabledPlugins ?? null,
    disabledPlugins: [...disabled],
    pluginModules: layer.pluginModules ?? [],
    sandboxedPlugins: layer.sandboxedPlugins ?? [],
    pluginsDir: layer.pluginsDir ?? null,
    models: Object.fromEntries(
      pools.map(([alias, pool]) => [alias, typeof pool === 'string' ? [pool] : pool]),
    ),
    prices: layer.prices ?? {},
    routing: { ...layer.routing, loss: layer.routing?.loss ?? defaults.routing.loss },
    supervisor: completeSupervisor(layer, defaults),
    permissions: completePermissions(layer, defaults),
    terminal: { bell: layer.terminal?.bell ?? false, osc9: layer.terminal?.osc9 ?? false },
    workspace: {
      setup: layer.workspace?.setup ?? null,
      cleanup: layer.workspace?.cleanup ?? null,
      copy: layer.workspace?.copy ?? [],
    },
    checks: layer.checks ?? [],
    retention: { sessions: layer.retention?.sessions ?? null },
    store: placeOf((layer.store ?? defaults.store).url),
  }
}

type Defaults = ReturnType<typeof defaultsIn>

function completeSupervisor(layer: ConfigLayer, defaults: Defaults): Config['supervisor'] {
  return {
    agent: layer.supervisor?.agent ?? null,
    model: layer.supervisor?.model ?? null,
    reasoner: layer.supervisor?.reasoner ?? defaults.supervisor.reasoner,
    reasonerModel: layer.supervisor?.reasonerModel ?? null,
    protect: layer.supervisor?.protect ?? [],
    roots: layer.supervisor?.roots ?? [],
    concurrency: layer.supervisor?.concurrency ?? defaults.supervisor.concurrency,
    resumeOnStart: layer.supervisor?.resumeOnStart ?? defaults.supervisor.resumeOnStart,
    workspace: layer.supervisor?.workspace ?? 'in-place',
  }
}

function completePermissions(layer: ConfigLayer, defaults: Defaults): Config['permissions'] {
  return {
    approve: layer.permissions?.approve ?? defaults.permissions.approve,
    deny: layer.permissions?.deny ?? [],
    ask: layer.permissions?.ask ?? [],
    allow: layer.permissions?.allow ?? [],
    timeoutMs: layer.permissions?.timeoutMs ?? defaults.permissions.timeoutMs,
  }
}

function placeOf(url: string): StorePlace {
  return url.startsWith('sqlite:') ? { path: url.slice('sqlite:'.length) } : { url }
}
