// A host that runs code it does not trust: one folder to read, nothing else.
import { readFileSync } from 'node:fs'
import { SandboxedPlugin } from '@agentproxy/kernel'

/** Give it to `loadPlugin` of a PluginManager. */
export function wordCount(folder: string): SandboxedPlugin {
  return new SandboxedPlugin({
    name: 'word-count',
    version: '1.0.0',
    code: readFileSync(new URL('./guest.js', import.meta.url), 'utf8'),
    permissions: { fileSystem: { read: [folder] }, network: false, events: false },
    resources: { memory: '32MB', cpu: '50%', timeoutMs: 1000 },
    config: { longest: 2000 },
  })
}
