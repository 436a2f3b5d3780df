import { parseArgs } from 'node:util'
import type { CommandDefinition, CommandInput } from '@agentproxy/plugin'
import { messageOf } from '../contract/message-of.ts'

/** What a command printed, and the exit code it would have ended with. */
export interface CommandResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a plugin's command on arguments as they would be typed. Arguments it does not take end it with 2. */
export async function runCommand(
  command: CommandDefinition,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  let out = ''
  let err = ''
  const end = (code: number): CommandResult => ({ code, out, err })
  let input: CommandInput
  try {
    input = readArguments(command, argv)
  } catch (thrown) {
    err += `${messageOf(thrown)}\n`
    return end(2)
  }
  try {
    const code = await command.run(input, {
      write: (text) => void (out += text),
      note: (text) => void (err += text),
      signal,
    })
    return end(typeof code === 'number' ? code : 0)
  } catch (thrown) {
    err += `${messageOf(thrown)}\n`
    return end(1)
  }
}

function readArguments(command: CommandDefinition, argv: readonly string[]): CommandInput {
  const options = Object.entries(command.options ?? {}).map(([name, option]) => [
    name,
    {
      type: option.type,
      ...(option.short === undefined ? {} : { short: option.short }),
      ...(option.default === undefined ? {} : { default: option.default }),
    },
  ])
  const { positionals, values } = parseArgs({
    args: [...argv],
    allowPositionals: command.arguments !== undefined,
    options: Object.fromEntries(options) as NonNullable<Parameters<typeof parseArgs>[0]>['options'] & {},
  })
  return { positionals, values: { ...values } as CommandInput['values'] }
}
