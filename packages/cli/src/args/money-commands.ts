import { Option } from 'commander'
import type { Command } from 'commander'
import type { UsageBy } from '@agentproxy/store'
import type { GlobalFlags, Invocation } from './invocation.ts'

export interface MoneyCommandOptions {
  readonly invocation: Invocation
  readonly flags: () => GlobalFlags
  readonly act: (result: Promise<number>) => Promise<void>
}

const GROUPS: readonly UsageBy[] = ['key', 'model', 'provider', 'task', 'day']

interface UsageOptions {
  readonly by: UsageBy
  readonly since?: string
  readonly until?: string
  readonly json?: boolean
}

/** `usage` and `keys`. */
export function addMoneyCommands(program: Command, { invocation, flags, act }: MoneyCommandOptions): void {
  program
    .command('usage')
    .description('tokens and cost of the model calls so far')
    .addOption(new Option('--by <what>', 'how to add up').choices(GROUPS).default('model'))
    .option('--since <when>', 'from a date, or so long ago, as in 2026-11-21, 7d, 12h')
    .option('--until <when>', 'before that')
    .addOption(new Option('--json', 'as JSON'))
    .action((own: UsageOptions) =>
      act(
        import('../commands/usage.ts').then(({ showUsage }) => showUsage(invocation, { ...flags(), ...own })),
      ),
    )
}
