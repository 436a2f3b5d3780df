import path from 'node:path'
import { FolderWatches } from '@agentproxy/kernel'
import type { PluginManager } from '@agentproxy/kernel'
import type { Config } from '../config/config.ts'
import { CONFIG_FILES, loadConfig } from '../config/load-config.ts'
import type { ConfigSources } from '../config/load-config.ts'
import { configDirOf } from './paths.ts'

/** Milliseconds without a further change before the files are read again. */
const DELAY_MS = 150
/** What is read once, at the start. */
const LATE = [
  'server',
  'models',
  'prices',
  'routing',
  'enabledPlugins',
  'disabledPlugins',
  'pluginModules',
  'sandboxedPlugins',
  'pluginsDir',
  'store',
  'retention',
] as const

export interface WatchConfigOptions {
  readonly sources: ConfigSources
  /** What is active now. */
  readonly config: Config
  readonly plugins: PluginManager
  /** Told what was taken over, and what was refused and why. */
  tell(line: string): void
}

/**
 * Takes changed plugin sections over while the host runs, each plugin by itself. What is not valid is refused, and what
 * was active stays.
 */
export function watchConfig(options: WatchConfigOptions): { close(): void } {
  const { sources } = options
  let active = options.config
  let timer: NodeJS.Timeout | undefined
  let queue: Promise<void> = Promise.resolve()
  const read = async (): Promise<void> => {
    try {
      const next = await loadConfig(sources)
      active = { ...next, plugins: await takeOver(options, active, next) }
    } catch (error) {
      options.tell(`the configuration is not valid, and the one before stays: ${(error as Error).message}`)
    }
  }
  const changed = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void (queue = queue.then(read)), DELAY_MS).unref()
  }
  const extra = sources.extraFile === null ? null : path.resolve(sources.cwd, sources.extraFile)
  const configDir = configDirOf(sources.env)
  const isOurs = (folder: string, entry: string): boolean =>
    (folder === configDir && CONFIG_FILES.includes(entry)) || path.join(folder, entry) === extra
  const watches = new FolderWatches({
    changed: (folder, entry) => {
      if (isOurs(folder, entry)) changed()
    },
    unsure: changed,
    refused: (folder, reason) =>
      options.tell(`${folder} cannot be watched for changes of the configuration: ${reason}`),
  })
  watches.keep(new Set([configDir, ...(extra === null ? [] : [path.dirname(extra)])]))
  return {
    close: () => {
      clearTimeout(timer)
      watches.keep(new Set())
    },
  }
}

/** Gives each plugin its changed section, and tells which sections hold now. */
async function takeOver(
  options: WatchConfigOptions,
  active: Config,
  next: Config,
): Promise<Config['plugins']> {
  const { plugins } = options
  const sections = { ...next.plugins }
  const named = new Set([...Object.keys(active.plugins), ...Object.keys(next.plugins)])
  for (const name of named) {
    if (same(active.plugins[name], next.plugins[name]) || !isActive(plugins, name)) continue
    try {
      await plugins.configurePlugin(name, next.plugins[name])
      options.tell(`plugin ${name} was given its new configuration`)
    } catch (error) {
      const before = active.plugins[name]
      if (before === undefined) delete sections[name]
      else sections[name] = before
      options.tell(`plugin ${name} keeps the configuration it has: ${(error as Error).message}`)
    }
  }
  const late = LATE.filter((key) => !same(active[key], next[key]))
  if (late.length > 0) options.tell(`changes of ${late.join(', ')} take effect at the next start`)
  return sections
}

function isActive(plugins: PluginManager, name: string): boolean {
  return plugins.getPluginStatus().plugins.some((one) => one.name === name && one.status === 'active')
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
