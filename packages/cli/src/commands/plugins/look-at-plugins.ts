import { PluginManager } from '@agentproxy/kernel'
import type { LoadReport } from '@agentproxy/kernel'
import { discoverPlugins } from '../../app/load-plugins.ts'
import { SILENT_LOGGER } from '../../app/log.ts'
import { localPluginsOf } from '../../args/invocation.ts'
import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import type { Config } from '../../config/config.ts'
import { findConfig } from '../../config/load-config.ts'
import type { FoundLayer } from '../../config/load-config.ts'
import { openLogger } from '../open-logger.ts'

/** What `agentproxy serve`, started here, would load; and the agents. */
export interface PluginLook {
  readonly config: Config
  /** Where the configuration comes from. */
  readonly layers: readonly FoundLayer[]
  readonly manager: PluginManager
  readonly report: LoadReport
  /** The folder of plugins, whether it is there or not; null = none. */
  readonly folder: string | null
}

/**
 * Loads every plugin, in a host that keeps nothing and runs no task, has something done with them, and unloads them. What
 * fails is in the report and not in the log, unless somebody asked for logs.
 */
export async function lookAtPlugins<Result>(
  invocation: Invocation,
  flags: GlobalFlags,
  act: (look: PluginLook) => Promise<Result>,
): Promise<Result> {
  const { env, cwd } = invocation
  const { config, layers } = await findConfig({ env, cwd, projectDir: null, extraFile: flags.config ?? null })
  const asked = flags.verbose === true || env['AGENTPROXY_LOG'] !== undefined
  const log = asked ? await openLogger(invocation, flags, () => {}) : SILENT_LOGGER
  const manager = new PluginManager({ log, runTasks: false })
  try {
    const options = {
      config,
      plugins: 'all',
      localFolder: localPluginsOf(invocation),
      warn: () => {},
    } as const
    return await act({ config, layers, manager, ...(await discoverPlugins(manager, options)) })
  } finally {
    await manager.shutdownAll()
  }
}
