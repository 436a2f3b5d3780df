import type { Command } from 'commander'
import type { Wiring } from './invocation.ts'

interface Flags {
  readonly origin?: boolean
  readonly json?: boolean
}

const load = () => import('../commands/config.ts')

/** `agentproxy config show | check | init | schema`. */
export function addConfigCommands(program: Command, { invocation, flags, act }: Wiring): void {
  const config = program.command('config').description('what is configured, and where from')
  config
    .command('show')
    .description('every value that holds, with secrets hidden')
    .option('--origin', 'and which file or variable set it')
    .option('--json', 'as JSON, one value a line')
    .action((own: Flags) =>
      act(load().then(({ showConfig }) => showConfig(invocation, { ...flags(), ...own }))),
    )
  config
    .command('check')
    .description('read every source and say whether it is valid')
    .option('--json', 'as JSON')
    .action((own: Flags) =>
      act(load().then(({ checkConfig }) => checkConfig(invocation, { ...flags(), ...own }))),
    )
  config
    .command('init')
    .description('write a commented file to start from')
    .action(() => act(load().then(({ initConfig }) => initConfig(invocation))))
  config
    .command('schema')
    .description('print the JSON Schema of a configuration file')
    .action(() => act(load().then(({ printConfigSchema }) => printConfigSchema(invocation))))
}
