import type { CommandDefinition } from '@agentproxy/plugin'
import { stripEscapes } from '../display/strip-escapes.ts'

/** What `agentproxy NAME --help` prints for a command of a plugin. */
export function commandHelp(name: string, plugin: string, command: CommandDefinition): string {
  const { description, options = {}, examples = [] } = command
  const rows = [
    ...Object.entries(options).map(([key, option]) => {
      const flags = `${option.short === undefined ? '' : `-${option.short}, `}--${key}${option.type === 'string' ? ' <value>' : ''}`
      const preset = option.default === undefined ? '' : ` (default: ${JSON.stringify(option.default)})`
      return [flags, `${option.description}${preset}`] as const
    }),
    ...(Object.hasOwn(options, 'help') ? [] : [['--help', 'print this'] as const]),
  ]
  const columns = Math.max(...rows.map(([flags]) => flags.length), 0)
  const usage = ['agentproxy', name, '[options]', command.arguments].filter((part) => part !== undefined)
  const text = `Usage: ${usage.join(' ')}

${description} (a command of plugin ${plugin})

Options:
${rows.map(([flags, what]) => `  ${flags.padEnd(columns)}  ${what}\n`).join('')}${
    examples.length === 0 ? '' : `\nExamples:\n${examples.map((line) => `  ${line}\n`).join('')}`
  }`
  return stripEscapes(text)
}
