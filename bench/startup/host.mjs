// Loads the plugins of a folder, and ends.
import { PluginManager } from '@agentproxy/kernel'

const [, , folder, expected] = process.argv
const host = new PluginManager({ log: { debug() {}, info() {}, warn() {}, error() {} } })
const { loaded } = await host.discoverAndInitialize({ pluginsDir: folder })
if (loaded.length !== Number(expected)) throw new Error(`${loaded.length} of ${expected} plugins were loaded`)
process.exit(0)
