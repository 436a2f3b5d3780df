import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { configDirOf } from '../app/paths.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { configSchema } from '../config/config.ts'
import { configFilesIn, findConfig } from '../config/load-config.ts'
import { originsOf } from '../config/origins.ts'
import { createPaint } from '../display/paint.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { CliError } from '../errors.ts'

export interface ConfigFlags extends GlobalFlags {
  readonly origin?: boolean
  readonly json?: boolean
}

/** Every value that is set, and with `--origin` who set it. What looks like a secret is hidden. */
export async function showConfig(invocation: Invocation, flags: ConfigFlags): Promise<number> {
  const { terminal, env } = invocation
  const values = originsOf((await found(invocation, flags)).layers)
  if (flags.json) {
    for (const { path: key, value, origin } of values)
      terminal.out.write(
        `${JSON.stringify(flags.origin ? { path: key, value, origin } : { path: key, value })}\n`,
      )
    return 0
  }
  const paint = createPaint(terminal.out.isTty, env)
  const lines = values.map((one) => ({ ...one, text: `${one.path} = ${JSON.stringify(one.value)}` }))
  const columns = Math.max(...lines.map(({ text }) => text.length))
  for (const { text, origin } of lines) {
    const line = flags.origin
      ? `${stripEscapes(text).padEnd(columns)}  ${paint.dim(origin)}`
      : stripEscapes(text)
    terminal.out.write(`${line}\n`)
  }
  return 0
}

/** Reads all sources and says whether they are valid; an invalid one is the error of this command. */
export async function checkConfig(invocation: Invocation, flags: ConfigFlags): Promise<number> {
  const { config } = await found(invocation, flags)
  const { out } = invocation.terminal
  if (flags.json) out.write(`${JSON.stringify({ valid: true, files: config.files })}\n`)
  else out.write(`${['the configuration is valid', ...config.files].join('\n  ')}\n`)
  return 0
}

/** The JSON Schema of a configuration file, for editors. */
export function printConfigSchema({ terminal }: Invocation): Promise<number> {
  terminal.out.write(`${JSON.stringify(z.toJSONSchema(configSchema), null, 2)}\n`)
  return Promise.resolve(0)
}

const TEMPLATE = `# agentproxy's configuration. Every key may be left out; agentproxy config show tells what holds.
# server: { host: 127.0.0.1, port: 8000 }
# plugins:                # one section per plugin, by name
#   provider-openai:
#     servers: [{ name: local, baseUrl: "http://127.0.0.1:11434/v1", apiKeyEnv: null }]
# disabledPlugins: []
# models:                 # other names for models, or pools tried in order
#   sim: simulator/fix
# supervisor: { agent: builtin, reasoner: rules }
`

/** Writes a commented file to start from. Never over one that is there. */
export async function initConfig({ env, terminal }: Invocation): Promise<number> {
  const folder = configDirOf(env)
  const [taken] = configFilesIn(folder)
  if (taken !== undefined)
    throw new CliError('USAGE', `there is a configuration already: ${taken}`, { hint: 'Edit that file.' })
  const file = path.join(folder, 'config.yaml')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(file, TEMPLATE, { flag: 'wx', mode: 0o600 })
  terminal.out.write(`${file}\n`)
  return 0
}

function found({ env, cwd }: Invocation, flags: ConfigFlags) {
  return findConfig({ env, cwd, projectDir: cwd, extraFile: flags.config ?? null })
}
