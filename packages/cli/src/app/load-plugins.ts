import type { LoadReport, PluginManager } from '@agentproxy/kernel'
import { didYouMean } from '../args/nearest.ts'
import type { Config } from '../config/config.ts'
import { CliError } from '../errors.ts'
import { BUNDLED_PLUGINS } from './bundled-plugins.ts'

export interface LoadPluginsOptions {
  readonly config: Config
  /** `providers`: agents are not loaded. */
  readonly plugins: 'all' | 'providers'
  /** Told of what is odd but no obstacle. */
  warn(text: string): void
}

/**
 * Loads what the configuration asks for: modules it names, then its folder, then installed packages, then
 * the bundled plugins. A `plugins` folder
 * of the place the command happens to run in is never loaded: its code could be anybody's. The manager logs a
 * broken plugin and leaves it out. Throws `CONFIG_INVALID` for a name that no plugin has.
 */
export async function loadPlugins(manager: PluginManager, options: LoadPluginsOptions): Promise<void> {
  const { config, plugins } = options
  const warn = (text: string): void => options.warn(text)
  const bundled = BUNDLED_PLUGINS.filter(({ kind }) => plugins === 'all' || kind === 'provider')
  const report = await manager.discoverAndInitialize({
    plugins: config.otherPlugins ? config.pluginModules.map((module) => ({ module })) : [],
    pluginsDir: config.otherPlugins ? config.pluginsDir : null,
    packagesIn: config.otherPlugins ? config.packageFolders : [],
    bundled,
    config: config.plugins,
    disabled: config.disabledPlugins,
    ...(config.enabledPlugins !== null && { enabled: config.enabledPlugins }),
  })
  for (const { name, taken, ignored } of report.duplicates) {
    warn(`warning: plugin ${name} was found twice: ${taken} is used, ${ignored} is not`)
  }
  if (config.otherPlugins) refuseUnknownNames(report, warn)
}

function refuseUnknownNames(report: LoadReport, warn: (text: string) => void): void {
  const bundledNames = BUNDLED_PLUGINS.map(({ name }) => name)
  const unknown = report.unknown.filter((name) => !bundledNames.includes(name))
  const known = [...bundledNames, ...report.loaded.map(({ name }) => name), ...report.disabled]
  const problems = unknown.map(
    (name) => `the configuration names plugin "${name}", which is not there${didYouMean(name, known)}`,
  )
  if (problems.length === 0) return
  if (report.failed.length === 0) throw new CliError('CONFIG_INVALID', problems.join('\n'))
  // One that could not be read may have been meant: its own name is not known then.
  for (const problem of problems) warn(`warning: ${problem}`)
}
