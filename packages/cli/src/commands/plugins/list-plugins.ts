import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import { createPaint } from '../../display/paint.ts'
import type { Paint } from '../../display/paint.ts'
import { stripEscapes } from '../../display/strip-escapes.ts'
import { lookAtPlugins } from './look-at-plugins.ts'
import { hiddenCommands } from './plugin-commands.ts'
import { pluginRows } from './plugin-rows.ts'
import type { PluginRow } from './plugin-rows.ts'

export interface PluginsFlags extends GlobalFlags {
  readonly json?: boolean
}

/** `plugins list`: every plugin that was found, and how it is. */
export function listPlugins(
  invocation: Invocation,
  flags: PluginsFlags & { readonly builtIns: readonly string[] },
): Promise<number> {
  const { out, err } = invocation.terminal
  return lookAtPlugins(invocation, flags, async (look) => {
    const plugins = pluginRows(look)
    const { duplicates } = look.report
    const hidden = hiddenCommands(look.manager.live, flags.builtIns)
    if (flags.json === true) {
      out.write(`${JSON.stringify({ folder: look.folder, plugins, duplicates, hiddenCommands: hidden })}\n`)
      return 0
    }
    const paint = createPaint(out.isTty, invocation.env)
    for (const line of rowLines(plugins, paint)) out.write(`${line}\n`)
    for (const { name, taken, ignored } of duplicates)
      err.write(
        stripEscapes(`warning: plugin ${name} was found twice: ${taken} is used, ${ignored} is not\n`),
      )
    for (const { command, plugin } of hidden)
      err.write(
        `warning: command ${command} of plugin ${plugin} cannot be run: agentproxy has one of that name\n`,
      )
    return 0
  })
}

function rowLines(rows: readonly PluginRow[], paint: Paint): readonly string[] {
  const colours = { active: paint.green, disabled: paint.dim, failed: paint.red }
  const cells = rows.map((row) => [row.name, row.version ?? '-', row.kind ?? '-'].map(stripEscapes))
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0), 0))
  return rows.map((row, index) => {
    const [name = '', version = '', kind = ''] = (cells[index] ?? []).map((cell, column) =>
      cell.padEnd(widths[column] ?? 0),
    )
    const status = colours[row.status](row.status.padEnd(8))
    return `${paint.bold(name)}  ${status}  ${version}  ${kind}  ${stripEscapes(row.reason ?? row.origin ?? '')}`.trimEnd()
  })
}
