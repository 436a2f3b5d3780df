import type { Snapshot } from '@agentproxy/kernel'
import type { Invocation } from '../../args/invocation.ts'
import { stripEscapes } from '../../display/strip-escapes.ts'
import type { PluginsFlags } from './list-plugins.ts'
import { lookAtPlugins } from './look-at-plugins.ts'

/** Commands of plugins that bear the name of one of ours, and so cannot be run. */
export function hiddenCommands(
  { commands }: Snapshot,
  builtIns: readonly string[],
): readonly { readonly command: string; readonly plugin: string }[] {
  return [...commands]
    .filter(([command]) => builtIns.includes(command))
    .map(([command, { plugin }]) => ({ command, plugin }))
}

/** `plugins commands`: what plugins add to the command line. */
export function listCommands(
  invocation: Invocation,
  flags: PluginsFlags & { readonly builtIns: readonly string[] },
): Promise<number> {
  const { out } = invocation.terminal
  return lookAtPlugins(invocation, flags, async ({ manager }) => {
    const rows = [...manager.live.commands].map(([name, { plugin, value }]) => ({
      name,
      plugin,
      description: value.description,
      arguments: value.arguments ?? null,
      hidden: flags.builtIns.includes(name),
    }))
    if (flags.json === true) out.write(`${JSON.stringify({ commands: rows })}\n`)
    else if (rows.length === 0) out.write('No plugin adds a command.\n')
    else
      for (const row of rows) {
        const usage = row.arguments === null ? row.name : `${row.name} ${row.arguments}`
        const note = row.hidden ? ' (cannot be run: agentproxy has one of that name)' : ''
        out.write(stripEscapes(`${usage}  ${row.description} [${row.plugin}]${note}\n`))
      }
    return 0
  })
}
