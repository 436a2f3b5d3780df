import { resolve } from 'node:path'
import { PluginError } from '@agentproxy/plugin'
import { pluginPackages } from './plugin-packages.ts'
import { discoverFolder } from './discover-folder.ts'
import { loadFailure } from './load-failure.ts'
import { bundledSource, moduleSource, sandboxedSource } from './plugin-source.ts'
import type { BundledPlugin, PluginSource, SandboxedEntry } from './plugin-source.ts'

/** A plugin named in the configuration. */
export interface PluginEntry {
  /** A path, or the name of an installed package. */
  readonly module: string
  /** The name the plugin must have; without it, whatever it says. */
  readonly name?: string
  readonly config?: unknown
}

/**
 * Where to look for plugins. Of two with one name the one found first wins: plugins, sandboxed, environment,
 * folder, packages, bundled.
 */
export interface PluginSources {
  readonly plugins?: readonly PluginEntry[]
  /** Plugins to be run apart; after `plugins`, before the rest. */
  readonly sandboxed?: readonly SandboxedEntry[]
  /** Read for AGENTPROXY_PLUGINS (modules, comma between), AGENTPROXY_PLUGINS_DIR and AGENTPROXY_PLUGINS_ENABLED. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What paths are relative to. Default: the current directory. */
  readonly cwd?: string
  /** Folder of plugins unless the environment names one; null = none. Default `./plugins`. Everything in it is run. */
  readonly pluginsDir?: string | null
  /**
   * Folders whose installed packages are looked at for an `agentproxy.plugin` entry in their package.json: of a folder
   * with a package.json of its own those it asks for itself, else all in its `node_modules`. Default: none.
   */
  readonly packagesIn?: readonly string[]
  /** With the manager's `hotReload`: what is put into that folder later is loaded, what is taken out unloaded. */
  readonly watchFolder?: boolean
  readonly bundled?: readonly BundledPlugin[]
  /** Configuration by plugin name, for plugins whose entry brings none. */
  readonly config?: Readonly<Record<string, unknown>>
  /** If given, only these are loaded. */
  readonly enabled?: readonly string[]
  readonly disabled?: readonly string[]
}

export interface FoundPlugin {
  readonly source: PluginSource
  /** The name it must turn out to have; null = any. */
  readonly expectedName: string | null
  readonly config: unknown
}

export interface Discovery {
  readonly found: readonly FoundPlugin[]
  /** Sources that could not even be listed. */
  readonly broken: readonly { readonly source: PluginSource; readonly error: PluginError }[]
}

/** Lists what there is, in order of precedence, and runs none of it. */
export async function discoverPlugins(sources: PluginSources): Promise<Discovery> {
  const { plugins = [], env = {}, bundled = [] } = sources
  const cwd = sources.cwd ?? process.cwd()
  const last = bundled.map((one) => ({
    source: bundledSource(one),
    expectedName: one.name,
    config: undefined,
  }))
  if (areOff(sources)) return { found: last, broken: [] }

  const found: FoundPlugin[] = plugins.map(({ module, name, config }) => ({
    source: moduleSource(module, cwd),
    expectedName: name ?? null,
    config,
  }))
  for (const entry of sources.sandboxed ?? [])
    found.push({ source: sandboxedSource(entry, cwd), expectedName: entry.name, config: undefined })
  const named = (env['AGENTPROXY_PLUGINS'] ?? '').split(',').map((module) => module.trim())
  for (const module of named.filter((one) => one !== '')) found.push(anyName(moduleSource(module, cwd)))

  const inFolder = await folderPlugins(sources)
  found.push(...inFolder.found)
  for (const root of sources.packagesIn ?? [])
    for (const path of await pluginPackages(resolve(cwd, root))) found.push(anyName(moduleSource(path, cwd)))
  return { found: [...found, ...last], broken: inFolder.broken }
}

/** The folder whose content is plugins, as a whole path; null = none. */
export function pluginFolderOf(sources: PluginSources): string | null {
  const { env = {}, cwd = process.cwd(), pluginsDir = './plugins' } = sources
  const folder = env['AGENTPROXY_PLUGINS_DIR'] || pluginsDir
  return folder === null || areOff(sources) ? null : resolve(cwd, folder)
}

function areOff({ env = {} }: PluginSources): boolean {
  return /^(0|false|off|no)$/i.test(env['AGENTPROXY_PLUGINS_ENABLED'] ?? '')
}

async function folderPlugins(sources: PluginSources): Promise<Discovery> {
  const folder = pluginFolderOf(sources)
  if (folder === null) return { found: [], broken: [] }
  try {
    return { found: await discoverFolder(folder), broken: [] }
  } catch (thrown) {
    const named = sources.env?.['AGENTPROXY_PLUGINS_DIR'] || sources.pluginsDir
    if ((thrown as { code?: unknown }).code === 'ENOENT' && !named) return { found: [], broken: [] }
    return {
      found: [],
      broken: [{ source: moduleSource(folder, folder), error: loadFailure(folder, thrown) }],
    }
  }
}

function anyName(source: PluginSource): FoundPlugin {
  return { source, expectedName: null, config: undefined }
}

/** Whether the filters let a plugin of this name through. */
export function isWanted(name: string, { enabled, disabled }: PluginSources): boolean {
  return (enabled === undefined || enabled.includes(name)) && disabled?.includes(name) !== true
}

export function unexpectedName(found: FoundPlugin, name: string): PluginError | null {
  if (found.expectedName === null || found.expectedName === name) return null
  const { origin } = found.source
  return new PluginError(
    'PLUGIN_INVALID',
    `${origin} holds plugin ${name}, but the configuration calls it ${found.expectedName}; correct its name`,
    { plugin: name },
  )
}
