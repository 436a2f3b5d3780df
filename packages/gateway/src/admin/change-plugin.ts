import type { PluginInfo } from '@agentproxy/kernel'
import { GatewayError } from '../errors.ts'
import type { Peers } from '../peers/peers.ts'
import type { PluginAdmin } from './plugin-admin.ts'

/** What is to be done with a plugin. */
export interface PluginChange {
  readonly name: string
  readonly action: 'reload' | 'enable' | 'disable'
}

/** How a plugin is in one process. */
export type PluginState = Pick<PluginInfo, 'name' | 'status' | 'reason'>

/** Longer than `setup` may take, with the time the old generation has to finish. */
const PEERS_LIMIT_MS = 25_000

/** Makes a change here, then in all other processes. Throws what it failed with here, or `WORKERS_DIFFER`. */
export async function changePlugin(
  admin: PluginAdmin,
  peers: Peers | null,
  change: PluginChange,
): Promise<PluginInfo> {
  const info = await changeHere(admin, change)
  const answers = (await peers?.ask('plugin', change, PEERS_LIMIT_MS)) ?? []
  const failed = answers.flatMap((one) => (one.ok ? [] : [`worker ${one.from}: ${one.reason}`]))
  if (failed.length === 0) return info
  const { name, action } = change
  const message = `The plugin "${name}" is not the same everywhere: "${action}" was done here, and failed in ${failed.join('; ')}`
  throw new GatewayError('WORKERS_DIFFER', message)
}

export async function changeHere(admin: PluginAdmin, { name, action }: PluginChange): Promise<PluginInfo> {
  const isActive = admin.getPlugin(name).status === 'active'
  if (action === 'disable' && isActive) await admin.unloadPlugin(name)
  if (action === 'reload' || (action === 'enable' && !isActive)) await admin.reloadPlugin(name)
  return admin.getPlugin(name)
}

export function statesOf(admin: PluginAdmin): readonly PluginState[] {
  return admin.getPluginStatus().plugins.map(({ name, status, reason }) => ({ name, status, reason }))
}
