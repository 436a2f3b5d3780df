import type { Command } from 'commander'
import type { Wiring } from './invocation.ts'
import { duration } from './options.ts'

const load = () => import('../commands/tools.ts')

/** `agentproxy tools list | call` and `agentproxy agents`. */
export function addToolsCommands(program: Command, { invocation, flags, act }: Wiring): void {
  const tools = program.command('tools').description('tools that plugins add')
  tools
    .command('list')
    .description('their names, and what each is for')
    .option('--json', 'as JSON, one tool a line')
    .action((own: { json?: boolean }) =>
      act(load().then(({ listTools }) => listTools(invocation, { ...flags(), ...own }))),
    )
  tools
    .command('call')
    .description('run one, and print its value as JSON')
    .argument('<name>', 'as plugin.verb')
    .argument('[parameters]', 'one JSON object', '{}')
    .option('--timeout <duration>', 'how long it may take, as in 90s (default: 30s)', duration)
    .addHelpText('after', `\nExample:\n  agentproxy tools call hello.greet '{ "name": "you" }'\n`)
    .action((name: string, parameters: string, own: { timeout?: number }) =>
      act(load().then(({ callTool }) => callTool(invocation, { ...flags(), ...own, name, parameters }))),
    )
  program
    .command('agents')
    .description('agents for --agent, and whether each can run here')
    .option('--json', 'as JSON, one agent a line')
    .action((own: { json?: boolean }) =>
      act(
        import('../commands/agents.ts').then(({ listAgents }) =>
          listAgents(invocation, { ...flags(), ...own }),
        ),
      ),
    )
}
