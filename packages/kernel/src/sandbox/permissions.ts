import { isAbsolute } from 'node:path'
import { PluginError } from '@agentproxy/plugin'
import type { PluginPermissions } from '@agentproxy/plugin'

/** Permissions with everything left out closed. */
export interface Grants {
  readonly read: readonly string[]
  readonly write: readonly string[]
  readonly hosts: readonly string[]
  readonly events: ReadonlySet<string>
  readonly tools: ReadonlySet<string>
  readonly hooks: ReadonlySet<string>
}

/** Reads permissions; throws PLUGIN_INVALID for what would mean nothing, since it would look like a permission. */
export function readGrants(plugin: string, given: PluginPermissions = {}): Grants {
  const invalid = (what: string): PluginError =>
    new PluginError('PLUGIN_INVALID', `sandboxed plugin ${plugin}: permissions.${what}`, { plugin })
  const list = (name: string, value: unknown): readonly string[] => {
    if (value === undefined || value === false) return []
    if (Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== ''))
      return [...value] as string[]
    throw invalid(`${name} must be false or a list of texts`)
  }
  const files = given.fileSystem === undefined || given.fileSystem === false ? {} : given.fileSystem
  if (typeof files !== 'object')
    throw invalid('fileSystem must be false, or lists of folders to read and write')
  const roots = (name: 'read' | 'write'): readonly string[] => {
    const folders = list(`fileSystem.${name}`, files[name])
    const relative = folders.find((folder) => !isAbsolute(folder))
    if (relative === undefined) return folders
    throw invalid(`fileSystem.${name}: ${relative} is not an absolute path`)
  }
  const hosts = list('network', given.network)
  const odd = hosts.find((host) => !isHost(host))
  if (odd !== undefined) throw invalid(`network: ${odd} is not host or host:port, such as api.example.com`)
  return {
    read: roots('read'),
    write: roots('write'),
    hosts: hosts.map((host) => host.toLowerCase()),
    events: new Set(list('events', given.events)),
    tools: new Set(list('tools', given.tools)),
    hooks: new Set(list('hooks', given.hooks)),
  }
}

function isHost(host: string): boolean {
  const url = `https://${host}/`
  return URL.canParse(url) && /^[a-z0-9.[\]:-]+$/i.test(host) && new URL(url).pathname === '/'
}
