import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { contractRules } from './contract/contract.ts'
import { messageOf } from './contract/message-of.ts'
import type { ContractOptions } from './contract/options.ts'
import { formatReport } from './report/format-report.ts'
import { runContract } from './report/run-contract.ts'

const USAGE = `Usage: npx @agentproxy/plugin-testing PLUGIN [options]

Checks that a plugin keeps the contract. PLUGIN is a file, a folder or an installed package.

Options:
  --config FILE     JSON: a configuration the plugin works with
  --with PLUGIN     a plugin it depends on; may be given more than once
  --skip ID=REASON  leave a check out; may be given more than once
  --json            print the report as JSON
  --help            print this

Ends with 0 when every check that applies passed, 1 when one failed, 2 when it was called wrongly.
`

interface Arguments {
  readonly plugin: string
  readonly options: ContractOptions
  readonly json: boolean
}

/** The command `plugin-testing`. Ends the process, whatever a plugin has left running in it. */
export async function main(argv: readonly string[]): Promise<void> {
  process.exit(await run(argv))
}

async function run(argv: readonly string[]): Promise<number> {
  let wanted: Arguments | null
  try {
    wanted = readArguments(argv)
  } catch (thrown) {
    process.stderr.write(`error: ${messageOf(thrown)}\n\n${USAGE}`)
    return 2
  }
  if (wanted === null) {
    process.stdout.write(USAGE)
    return 0
  }
  const strays: unknown[] = []
  // What a plugin lets go between two checks must not end the report.
  process.on('unhandledRejection', (thrown) => void strays.push(thrown))
  process.on('uncaughtException', (thrown) => void strays.push(thrown))
  const report = await runContract(wanted.plugin, wanted.options)
  process.stdout.write(wanted.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report))
  for (const stray of strays) process.stderr.write(`error: nobody caught: ${messageOf(stray)}\n`)
  return report.ok && strays.length === 0 ? 0 : 1
}

/** Null where help is asked for. */
function readArguments(argv: readonly string[]): Arguments | null {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      with: { type: 'string', multiple: true },
      skip: { type: 'string', multiple: true },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const [plugin, ...more] = positionals
  if (plugin === undefined || more.length > 0) throw new Error('name one plugin')
  const options: ContractOptions = {
    plugins: (values.with ?? []).map(located),
    skip: Object.fromEntries((values.skip ?? []).map(readSkip)),
    ...(values.config === undefined ? {} : { config: readConfig(values.config) }),
  }
  return { plugin: located(plugin), options, json: values.json }
}

/** A path where there is something, else the name of a package. */
function located(plugin: string): string {
  if (existsSync(plugin)) return resolve(plugin)
  if (/^(\.|\/)|\.[cm]?[jt]s$/.test(plugin)) throw new Error(`there is no file or folder ${plugin}`)
  return plugin
}

function readConfig(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (thrown) {
    throw new Error(`cannot read the configuration ${file}: ${messageOf(thrown)}`, { cause: thrown })
  }
}

function readSkip(text: string): readonly [string, string] {
  const [, id, reason] = /^([a-z.-]+)=(.+)$/.exec(text) ?? []
  if (id === undefined || reason === undefined)
    throw new Error(`--skip ${text} is not as in --skip ID=REASON`)
  if (!contractRules.some((rule) => rule.id === id)) throw new Error(`there is no check ${id} to skip`)
  return [id, reason]
}
