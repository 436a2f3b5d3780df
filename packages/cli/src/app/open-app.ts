import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { PluginManager } from '@agentproxy/kernel'
import type { Logger } from '@agentproxy/plugin'
import { openStore } from '@agentproxy/store'
import type { Store } from '@agentproxy/store'
import type { TokenKeeper } from '../auth/token-keeper.ts'
import type { Config } from '../config/config.ts'
import { CliError } from '../errors.ts'
import { readVersion } from '../version.ts'
import { Cleanup } from './cleanup.ts'
import { loadPlugins } from './load-plugins.ts'
import { openCredentials } from './open-credentials.ts'
import type { Env } from './paths.ts'

export interface AppOptions {
  /** The command, as told to `app.start`. */
  readonly command: string
  readonly config: Config
  readonly env: Env
  readonly log: Logger
  /** `providers`: agents are not loaded. */
  readonly plugins: 'all' | 'providers'
  /** Where to look for a folder `plugins` when the configuration names none. Default: nowhere. */
  readonly localFolder?: string | null
  /** Reload plugins when their files change, and keep step with the folder of plugins. Default false. */
  readonly watch?: boolean
  /** Whether plugins' tasks run. Default true. */
  readonly runTasks?: boolean
  /** Told of what is odd but no obstacle. */
  readonly warn: (text: string) => void
}

/** Store and plugins, open and started. */
export interface App {
  readonly store: Store
  readonly plugins: PluginManager
  /** The folder of plugins, whether it is there or not; null = none. */
  readonly pluginFolder: string | null
  readonly logins: TokenKeeper
  /** Add what is opened on top; closed first. */
  readonly cleanup: Cleanup
  close(): Promise<void>
}

/** A refresh under way is waited for: the provider may have rotated the token already, and nobody else has the new one. */
const REFRESH_LIMIT_MS = 25_000

/** Opens store and plugins in order. Nothing stays open if it throws. */
export async function openApp(options: AppOptions): Promise<App> {
  const { config, env, log } = options
  const cleanup = new Cleanup()
  const close = (): Promise<void> => cleanup.run((problem) => log.warn(problem))
  try {
    const store = await openStoreOf(config)
    cleanup.defer('the store', () => store.close())
    const { secrets, logins } = openCredentials({ env, log, host: () => plugins })
    cleanup.defer('the logins', () => logins.settled(), REFRESH_LIMIT_MS)
    const watch = options.watch ?? false
    const plugins: PluginManager = new PluginManager({
      log,
      storage: store.values,
      secrets,
      hotReload: watch,
      runTasks: options.runTasks ?? true,
    })
    cleanup.defer('the plugins', () => plugins.shutdownAll())
    const localFolder = options.localFolder ?? null
    const { folder } = await loadPlugins(plugins, { ...options, localFolder, watchFolder: watch })
    const lifecycle = { command: options.command, version: readVersion() }
    void plugins.live.hooks['app.start']?.(lifecycle)
    cleanup.defer('app.stop', () => plugins.live.hooks['app.stop']?.(lifecycle))
    return { store, plugins, logins, pluginFolder: folder, cleanup, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The store alone, for commands that only read. */
export async function openStoreOf({ store }: Config): Promise<Store> {
  if ('path' in store) await makeFolder(path.dirname(store.path))
  const opened = await openStore(store)
  try {
    // Whoever looks at the sessions next sees which were cut short.
    await opened.leases.reconcile()
    return opened
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new CliError('STATE_DIR', `cannot make the folder ${folder}: ${(cause as Error).message}`, {
      hint: 'Choose another with AGENTPROXY_HOME, or with store.url in the configuration.',
      cause,
    })
  }
}
