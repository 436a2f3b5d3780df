import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type HookHandler,
  type HookName,
  type HookOptions,
  type Hooks,
  type PluginDefinition,
  definePlugin,
} from '@agentproxy/plugin'
import { tempFolder } from './temp-folder.ts'

/** A plugin of one hook. */
export function hooking<Name extends HookName>(
  name: Name,
  handler: HookHandler<Hooks[Name]>,
  options?: HookOptions,
): PluginDefinition {
  return definePlugin({
    name: 'hooking',
    version: '1.0.0',
    setup: (ctx) => void ctx.hook(name, handler, options),
  })
}

/** A folder whose check fails until `fix` is called. */
export function project(): { folder: string; fix: () => void } {
  const folder = tempFolder({ 'a.txt': 'broken\n', 'keep.txt': 'keep\n' })
  return { folder, fix: () => writeFileSync(join(folder, 'a.txt'), 'fixed\n') }
}
