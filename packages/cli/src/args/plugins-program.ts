import { Option } from 'commander'
import type { Command } from 'commander'
import type { NewFlags } from '../commands/plugins/new-plugin.ts'
import type { Wiring } from './invocation.ts'

export interface PluginsProgram extends Wiring {
  /** Names of agentproxy's own commands. */
  readonly builtIns: () => readonly string[]
}

interface JsonFlag {
  readonly json?: boolean
}

/** `agentproxy plugins ...`. */
export function addPluginsCommands(program: Command, context: PluginsProgram): void {
  const plugins = program
    .command('plugins')
    .description('list, inspect, make, test and switch plugins')
    .addHelpText(
      'after',
      examples(
        'agentproxy plugins list',
        'agentproxy plugins new hello --with-tests',
        'agentproxy plugins doctor --json',
        'agentproxy plugins inspect provider-simulator',
      ),
    )
  addViews(plugins, context)
  addSwitches(plugins, context)
  addMaking(plugins, context)
}

function addViews(plugins: Command, { invocation, flags, act, builtIns }: PluginsProgram): void {
  json(plugins.command('list').description('every plugin that is found, and how it is'))
    .addHelpText('after', examples('agentproxy plugins list', 'agentproxy plugins list --json'))
    .action((own: JsonFlag) =>
      act(
        import('../commands/plugins/list-plugins.ts').then(({ listPlugins }) =>
          listPlugins(invocation, { ...flags(), ...own, builtIns: builtIns() }),
        ),
      ),
    )
  json(plugins.command('inspect').argument('<name>').description('all there is to know of one plugin'))
    .addHelpText('after', examples('agentproxy plugins inspect provider-simulator'))
    .action((name: string, own: JsonFlag) =>
      act(
        import('../commands/plugins/inspect-plugin.ts').then(({ inspectPlugin }) =>
          inspectPlugin(invocation, { ...flags(), ...own, name }),
        ),
      ),
    )
  json(plugins.command('commands').description('commands that plugins add to agentproxy'))
    .addHelpText('after', examples('agentproxy plugins commands'))
    .action((own: JsonFlag) =>
      act(
        import('../commands/plugins/plugin-commands.ts').then(({ listCommands }) =>
          listCommands(invocation, { ...flags(), ...own, builtIns: builtIns() }),
        ),
      ),
    )
  json(
    plugins
      .command('doctor')
      .description('what keeps plugins from working, and what to do; exits 1 if something does'),
  )
    .addHelpText('after', examples('agentproxy plugins doctor'))
    .action((own: JsonFlag) =>
      act(
        import('../commands/plugins/doctor.ts').then(({ diagnosePlugins }) =>
          diagnosePlugins(invocation, { ...flags(), ...own, builtIns: builtIns() }),
        ),
      ),
    )
}

function addSwitches(plugins: Command, { invocation, flags, act }: PluginsProgram): void {
  for (const action of ['enable', 'disable'] as const)
    json(plugins.command(action).argument('<name>'))
      .description(`${action} a plugin in your configuration, and in the server that runs`)
      .addHelpText('after', examples(`agentproxy plugins ${action} provider-simulator`))
      .action((name: string, own: JsonFlag) =>
        act(
          import('../commands/plugins/switch-plugin.ts').then(({ switchPlugin }) =>
            switchPlugin(invocation, { ...flags(), ...own, name, action }),
          ),
        ),
      )
  json(
    plugins.command('reload').argument('<name>').description('have the server that runs read a plugin again'),
  )
    .addHelpText('after', examples('agentproxy plugins reload hello'))
    .action((name: string, own: JsonFlag) =>
      act(
        import('../commands/plugins/switch-plugin.ts').then(({ reloadPlugin }) =>
          reloadPlugin(invocation, { ...flags(), ...own, name }),
        ),
      ),
    )
}

function addMaking(plugins: Command, { invocation, flags, act }: PluginsProgram): void {
  json(plugins.command('new').argument('<name>', 'a-z, 0-9 and -'))
    .description('make a plugin that loads as it is')
    .addOption(
      new Option('--kind <kind>', 'what it is').choices(['system', 'provider', 'agent']).default('system'),
    )
    .option('--class', 'a class instead of a definition')
    .option('--js', 'JavaScript instead of TypeScript')
    .option('--with-tests', 'with a test of its own')
    .option('--dir <folder>', 'where its folder is made', './plugins')
    .addHelpText(
      'after',
      examples(
        'agentproxy plugins new hello --with-tests',
        'agentproxy plugins new my-models --kind provider --js',
        'agentproxy plugins new hello --class --dir ./elsewhere',
      ),
    )
    .action((name: string, own: Omit<NewFlags, 'name'>) =>
      act(
        import('../commands/plugins/new-plugin.ts').then(({ newPlugin }) =>
          newPlugin(invocation, { ...own, name }),
        ),
      ),
    )
  json(plugins.command('test').argument('<path>', 'its file or folder'))
    .description('check that a plugin keeps the contract, and run its own tests')
    .addHelpText('after', examples('agentproxy plugins test ./plugins/hello'))
    .action((path: string, own: JsonFlag) =>
      act(
        import('../commands/plugins/test-plugin.ts').then(({ testPlugin }) =>
          testPlugin(invocation, { ...flags(), ...own, path }),
        ),
      ),
    )
}

function json(command: Command): Command {
  return command.option('--json', 'one JSON document on standard output')
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`
}
