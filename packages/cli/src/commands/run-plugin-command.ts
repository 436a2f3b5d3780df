import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'
import type { CommandDefinition, CommandInput } from '@agentproxy/plugin'
import type { App } from '../app/open-app.ts'
import { localPluginsOf } from '../args/invocation.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { didYouMean } from '../args/nearest.ts'
import { CliError } from '../errors.ts'
import { commandHelp } from './command-help.ts'
import { withApp } from './with-app.ts'

const INTERRUPTED = 130
const FAILED = 1

export interface PluginCommandFlags extends GlobalFlags {
  readonly name: string
  readonly argv: readonly string[]
  readonly builtIns: readonly string[]
  /** The word may be a slip for one of these: then no plugin of the current folder is run to find out. */
  readonly slips: readonly string[]
}

/** `agentproxy NAME ...`, where NAME is no command of ours: one that a plugin adds. */
export function runPluginCommand(invocation: Invocation, flags: PluginCommandFlags): Promise<number> {
  const { terminal } = invocation
  const localFolder = flags.slips.length === 0 ? localPluginsOf(invocation) : null
  return withApp(
    invocation,
    flags,
    { command: flags.name, plugins: 'all', runTasks: false, localFolder },
    async (app) => {
      const found = app.plugins.live.commands.get(flags.name)
      if (found === undefined) throw unknownCommand(app, flags)
      const { plugin, value: command } = found
      if (asksHelp(command, flags.argv)) {
        terminal.out.write(commandHelp(flags.name, plugin, command))
        return 0
      }
      const input = parse(flags.name, command, flags.argv)
      return await run(invocation, app, { plugin, command, input })
    },
  )
}

function unknownCommand(app: App, { name, builtIns }: PluginCommandFlags): CliError {
  const names = [...builtIns, ...app.plugins.live.commands.keys()]
  return new CliError('USAGE', `unknown command "${name}"${didYouMean(name, names)}`, {
    hint: 'All: agentproxy --help; those that plugins add: agentproxy plugins commands',
  })
}

/** `--help` is ours unless the command defines it; nothing after `--` is. */
function asksHelp({ options = {} }: CommandDefinition, argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const own = end < 0 ? argv : argv.slice(0, end)
  const takesH = Object.values(options).some(({ short }) => short === 'h')
  return (!Object.hasOwn(options, 'help') && own.includes('--help')) || (!takesH && own.includes('-h'))
}

function parse(name: string, command: CommandDefinition, argv: readonly string[]): CommandInput {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [key, { type, short, default: preset }] of Object.entries(command.options ?? {}))
    options[key] = {
      type,
      ...(short !== undefined && { short }),
      ...(preset !== undefined && { default: preset }),
    }
  try {
    const allowPositionals = command.arguments !== undefined
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals, strict: true })
    return { positionals, values: { ...values } as CommandInput['values'] }
  } catch (cause) {
    throw wrongUsage(name, options, cause)
  }
}

function wrongUsage(name: string, options: object, cause: unknown): CliError {
  const { message } = cause as Error
  const unknown = /Unknown option '-{1,2}([^']+)'/.exec(message)?.[1]
  const near = unknown === undefined ? '' : didYouMean(unknown, Object.keys(options))
  const [first = message] = message.split(/\.\s/)
  return new CliError('USAGE', `${name}: ${first}${near}`, {
    hint: `agentproxy ${name} --help lists its options.`,
    cause,
  })
}

interface PluginCall {
  readonly plugin: string
  readonly command: CommandDefinition
  readonly input: CommandInput
}

async function run(
  { terminal, crashed }: Invocation,
  app: App,
  { plugin, command, input }: PluginCall,
): Promise<number> {
  const controller = new AbortController()
  const stop = (): void => {
    // The second one does not wait.
    if (controller.signal.aborted) process.exit(INTERRUPTED)
    controller.abort()
  }
  const goes = (name: string): void => {
    if (name === plugin) controller.abort()
  }
  const gone = [app.plugins.on('plugin.disabled', goes), app.plugins.on('plugin.unloaded', goes)]
  process.on('SIGINT', stop).on('SIGTERM', stop)
  crashed.addEventListener('abort', stop, { once: true })
  try {
    const code = await command.run(input, {
      write: (text) => terminal.out.write(text),
      note: (text) => terminal.err.write(text),
      signal: controller.signal,
    })
    if (typeof code === 'number') return code
    return controller.signal.aborted ? INTERRUPTED : 0
  } catch (thrown) {
    if (controller.signal.aborted) return INTERRUPTED
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    terminal.err.write(`error: ${message}\n`)
    return FAILED
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    crashed.removeEventListener('abort', stop)
    for (const one of gone) one[Symbol.dispose]()
  }
}
