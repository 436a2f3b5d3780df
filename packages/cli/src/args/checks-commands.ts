import { Option } from 'commander'
import type { Command } from 'commander'
import type { ChecksFlags } from '../commands/checks.ts'
import type { Wiring } from './invocation.ts'
import { collect } from './options.ts'

const load = () => import('../commands/checks.ts')

/** `agentproxy checks list | run | explain | schema`. */
export function addChecksCommands(program: Command, { invocation, flags, act }: Wiring): void {
  const checks = program.command('checks').description('what a task here would have to pass')
  withOptions(checks.command('list'))
    .description('which checks there are, and where they are written')
    .option('--json', 'as JSON, one check a line')
    .action((own: ChecksFlags) =>
      act(load().then(({ listChecks }) => listChecks(invocation, { ...flags(), ...own }))),
    )
  withOptions(checks.command('run'))
    .description('run them on the files as they are')
    .option('--json', 'as JSON, one result a line')
    .action((own: ChecksFlags) =>
      act(load().then(({ runChecks }) => runChecks(invocation, { ...flags(), ...own }))),
    )
  withOptions(checks.command('explain'))
    .description('how they are judged')
    .action((own: ChecksFlags) =>
      act(load().then(({ explainChecks }) => explainChecks(invocation, { ...flags(), ...own }))),
    )
  checks
    .command('schema')
    .description('the JSON Schema of .agentproxy/checks.yaml, for editors')
    .action(() => act(load().then(({ printChecksSchema }) => printChecksSchema(invocation))))
}

function withOptions(command: Command): Command {
  return command
    .option('-d, --working-dir <folder>', 'of which folder (default: the current one)')
    .addOption(new Option('--check <command>', 'this command; repeatable').argParser(collect).default([]))
    .option('--checks <file>', 'those of a YAML file')
}
