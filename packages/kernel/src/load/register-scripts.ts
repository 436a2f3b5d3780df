import { createRequire, register } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { ScriptData } from './script-hooks.ts'

/**
 * Lets this process import TypeScript files, and `@agentproxy/plugin` and `@agentproxy/plugin-testing` from anywhere:
 * where a script has none near, those that the module with the URL `host` sees. For the tests of plugins.
 */
export function registerScripts(host: string): void {
  const data: ScriptData = {
    hosts: [host, import.meta.url],
    transformer: pathToFileURL(createRequire(import.meta.url).resolve('oxc-transform')).href,
  }
  register(new URL('./script-hooks.js', import.meta.url).href, { parentURL: import.meta.url, data })
}
