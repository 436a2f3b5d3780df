import { pluginFolderOf } from '@agentproxy/kernel'
import type { LoadReport, PluginManager, PluginSources } from '@agentproxy/kernel'
import { nearest } from '../args/nearest.ts'
import type { Config } from '../config/config.ts'
import { CliError } from '../errors.ts'
import { BUNDLED_PLUGINS } from './bundled-plugins.ts'
import type { BundledPlugin } from './bundled-plugins.ts'

export interface LoadPluginsOptions {
  readonly config: Config
  /** `providers`: agents are not loaded. */
  readonly plugins: 'all' | 'providers'
  /**
   * Where to look for a folder `plugins` when the configuration names none; null = nowhere, for its code could be
   * anybody's. Only where somebody says so by what they run, never for a task: a repository must not run code in the
   * supervisor.
   */
  readonly localFolder: string | null
  /** Keep step with the folder of plugins. Default false. */
  readonly watchFolder?: boolean
  /** Told of what is odd but no obstacle. */
  readonly warn: (text: string) => void
}

/** What was found and loaded, and from where. */
export interface LoadedPlugins {
  readonly report: LoadReport
  /** The folder of plugins, whether it is there or not; null = none. */
  readonly folder: string | null
}

/**
 * Loads what the configuration asks for: modules it names, then its folder, then installed packages, then the bundled
 * plugins. The manager logs a broken plugin and leaves it out. Throws `CONFIG_INVALID` for a name that is close to a
 * plugin's and no plugin has.
 */
export async function loadPlugins(
  manager: PluginManager,
  options: LoadPluginsOptions,
): Promise<LoadedPlugins> {
  const loaded = await discoverPlugins(manager, options)
  const { report } = loaded
  for (const { name, taken, ignored } of report.duplicates) {
    options.warn(`warning: plugin ${name} was found twice: ${taken} is used, ${ignored} is not`)
  }
  if (options.config.otherPlugins) refuseUnknownNames(report, options)
  return loaded
}

/** The same, without a word about what is odd: that is in the report. */
export async function discoverPlugins(
  manager: PluginManager,
  options: LoadPluginsOptions,
): Promise<LoadedPlugins> {
  const { config, localFolder } = options
  const sources: PluginSources = {
    plugins: config.otherPlugins ? config.pluginModules.map((module) => ({ module })) : [],
    sandboxed: config.otherPlugins ? config.sandboxedPlugins : [],
    ...folderOf(config, localFolder),
    packagesIn: config.otherPlugins ? config.packageFolders : [],
    watchFolder: options.watchFolder ?? false,
    bundled: BUNDLED_PLUGINS.filter((plugin) => isWanted(plugin, options)),
    config: config.plugins,
    disabled: config.disabledPlugins,
    ...(config.enabledPlugins !== null && { enabled: config.enabledPlugins }),
  }
  return { report: await manager.discoverAndInitialize(sources), folder: pluginFolderOf(sources) }
}

/** What nobody asked for by name costs nothing: it is not even imported. */
function isWanted({ name, kind }: BundledPlugin, { config, plugins }: LoadPluginsOptions): boolean {
  if (kind === 'provider') return true
  if (kind === 'agent') return plugins === 'all'
  return Object.hasOwn(config.plugins, name) || (config.enabledPlugins?.includes(name) ?? false)
}

function folderOf(config: Config, localFolder: string | null): Pick<PluginSources, 'pluginsDir' | 'cwd'> {
  if (!config.otherPlugins) return { pluginsDir: null }
  if (config.pluginsDir !== null) return { pluginsDir: config.pluginsDir }
  return localFolder === null ? { pluginsDir: null } : { cwd: localFolder }
}

export interface UnknownName {
  readonly name: string
  /** The plugin that may have been meant. */
  readonly near: string | null
}

/** Names in the configuration that no plugin has. */
export function unknownNames(report: LoadReport): readonly UnknownName[] {
  const bundledNames = BUNDLED_PLUGINS.map(({ name }) => name)
  const known = [...bundledNames, ...report.loaded.map(({ name }) => name), ...report.disabled]
  return report.unknown
    .filter((name) => !bundledNames.includes(name))
    .map((name) => ({ name, near: nearest(name, known)[0] ?? null }))
}

/** What is close to a known name is a slip; anything else may be a plugin of another folder, switched off or not there. */
function refuseUnknownNames(report: LoadReport, { config, warn }: LoadPluginsOptions): void {
  const slips: string[] = []
  for (const { name, near } of unknownNames(report)) {
    const problem = `the configuration names plugin "${name}", which is not there`
    // One that could not be read may have been meant: its own name is not known then.
    if (near !== null && report.failed.length === 0) slips.push(`${problem} (did you mean "${near}"?)`)
    else if (near !== null || !config.disabledPlugins.includes(name)) warn(`warning: ${problem}`)
  }
  if (slips.length > 0) throw new CliError('CONFIG_INVALID', slips.join('\n'))
}
