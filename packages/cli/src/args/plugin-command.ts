import type { PluginCommandFlags } from '../commands/run-plugin-command.ts'
import type { Invocation } from './invocation.ts'
import { editDistance } from './nearest.ts'

/**
 * Takes a command line apart whose command is none of ours, and so perhaps a plugin's; null = it is ours, or there is no
 * command. For `pa` such a word begins a task.
 */
export function pluginCommand(
  bin: Invocation['bin'],
  builtIns: readonly string[],
  argv: readonly string[],
): PluginCommandFlags | null {
  if (bin === 'pa') return null
  let config: string | undefined
  let verbose = false
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    if (word === '--verbose') verbose = true
    else if (word === '--config') config = argv[(index += 1)]
    else if (word.startsWith('--config=')) config = word.slice('--config='.length)
    else if (word === '' || word.startsWith('-') || builtIns.includes(word)) return null
    else {
      const slips = builtIns.filter((name) => editDistance(word, name) <= 1)
      const rest = argv.slice(index + 1)
      return { name: word, argv: rest, builtIns, slips, verbose, ...(config !== undefined && { config }) }
    }
  }
  return null
}
