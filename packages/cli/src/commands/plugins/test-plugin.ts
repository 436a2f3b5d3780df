import { stat } from 'node:fs/promises'
import path from 'node:path'
import { formatReport, runContract } from '@agentproxy/plugin-testing'
import type { Invocation } from '../../args/invocation.ts'
import { stripEscapes } from '../../display/strip-escapes.ts'
import { CliError } from '../../errors.ts'
import type { PluginsFlags } from './list-plugins.ts'
import { findTests, runOwnTests } from './run-own-tests.ts'

/** `plugins test PATH`: the contract kit, then the plugin's own tests. Exit code 1 if anything fails. */
export async function testPlugin(
  { cwd, terminal }: Invocation,
  flags: PluginsFlags & { readonly path: string },
): Promise<number> {
  const plugin = path.resolve(cwd, flags.path)
  const found = await stat(plugin).catch(() => null)
  if (found === null)
    throw new CliError('USAGE', `there is no ${plugin}`, {
      hint: 'Give the file or the folder of a plugin, as in: agentproxy plugins test ./plugins/hello',
    })
  const json = flags.json === true
  const contract = await runContract(plugin)
  if (!json) terminal.out.write(`${stripEscapes(formatReport(contract))}\n`)
  const files = await findTests(plugin)
  // Standard output is for the one JSON document then.
  const tests = await runOwnTests(files, cwd, json ? terminal.err : terminal.out)
  const passed = contract.ok && tests.passed
  if (json) terminal.out.write(`${JSON.stringify({ passed, contract, tests })}\n`)
  else {
    if (files.length === 0) terminal.out.write('It has no tests of its own (*.test.ts or *.test.js).\n')
    terminal.out.write(passed ? 'passed\n' : 'FAILED\n')
  }
  return passed ? 0 : 1
}
