import { PluginError } from '@agentproxy/plugin'
import type { App } from '../app/open-app.ts'
import { localPluginsOf } from '../args/invocation.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { CliError } from '../errors.ts'
import { withApp } from './with-app.ts'

export interface ToolsFlags extends GlobalFlags {
  readonly json?: boolean
}

/** The tools that plugins add, by name. */
export function listTools(invocation: Invocation, flags: ToolsFlags): Promise<number> {
  const { out } = invocation.terminal
  return withPlugins(invocation, flags, async ({ plugins }) => {
    const tools = [...plugins.live.tools].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const columns = Math.max(0, ...tools.map(([name]) => name.length))
    for (const [name, { plugin, value }] of tools) {
      const { description } = value
      if (flags.json === true) out.write(`${JSON.stringify({ name, plugin, description })}\n`)
      else out.write(`${stripEscapes(`${name.padEnd(columns)}  ${description}`)}\n`)
    }
    if (tools.length === 0 && flags.json !== true) out.write('No plugin adds a tool.\n')
    return 0
  })
}

export interface CallFlags extends GlobalFlags {
  readonly name: string
  /** One JSON object. */
  readonly parameters: string
  /** Milliseconds. */
  readonly timeout?: number
}

/** Runs one tool, and prints its value as JSON. Exit code 2 for a wrong name or wrong parameters, 1 where it failed. */
export function callTool(invocation: Invocation, flags: CallFlags): Promise<number> {
  const { terminal, crashed } = invocation
  const parameters = readParameters(flags.parameters)
  return withPlugins(invocation, flags, async ({ plugins }) => {
    try {
      const value = await plugins.executeTool(flags.name, parameters, {
        signal: crashed,
        ...(flags.timeout !== undefined && { timeout: flags.timeout }),
      })
      terminal.out.write(`${JSON.stringify(value ?? null)}\n`)
      return 0
    } catch (error) {
      if (!PluginError.is(error)) throw error
      const wrong = error.code === 'TOOL_NOT_FOUND' || error.code === 'TOOL_INPUT_INVALID'
      if (wrong)
        throw new CliError('USAGE', error.message, {
          hint: 'agentproxy tools list names them.',
          cause: error,
        })
      terminal.err.write(`error: ${stripEscapes(error.message)}\n`)
      return 1
    }
  })
}

function readParameters(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Said below.
  }
  throw new CliError('USAGE', `the parameters are not a JSON object: ${text}`, {
    hint: `As in: agentproxy tools call hello.greet '{ "name": "you" }'`,
  })
}

function withPlugins(
  invocation: Invocation,
  flags: GlobalFlags,
  work: (app: App) => Promise<number>,
): Promise<number> {
  const localFolder = localPluginsOf(invocation)
  return withApp(invocation, flags, { command: 'tools', plugins: 'all', runTasks: false, localFolder }, work)
}
