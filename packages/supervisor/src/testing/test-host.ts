import { PluginManager } from '@agentproxy/kernel'
import type { Logger, PluginDefinition } from '@agentproxy/plugin'
import { onTestFinished } from 'vitest'

/** A plugin host with these plugins, gone when the test ends. */
export async function testHost(plugins: readonly PluginDefinition[], log: Logger): Promise<PluginManager> {
  const host = new PluginManager({ log })
  for (const plugin of plugins) await host.loadPlugin(plugin)
  onTestFinished(() => host.shutdownAll())
  return host
}
