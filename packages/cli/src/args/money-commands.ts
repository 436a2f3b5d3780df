import { Option } from 'commander'
import type { Command } from 'commander'
import type { UsageBy } from '@agentproxy/store'
import type { CreateKeyFlags } from '../commands/keys/create.ts'
import type { Wiring } from './invocation.ts'
import { keyName, lifetime, modelPatterns, moneyBudget, tokensPerDay } from './key-options.ts'
import { jsonOption, tokenCount } from './options.ts'

const GROUPS: readonly UsageBy[] = ['key', 'model', 'provider', 'task', 'day']

interface UsageOptions {
  readonly by: UsageBy
  readonly since?: string
  readonly until?: string
  readonly json?: boolean
}

/** `usage`, `keys` and `accounts`. */
export function addMoneyCommands(program: Command, options: Wiring): void {
  addKeyCommands(program, options)
  const { invocation, flags, act } = options
  program
    .command('usage')
    .description('tokens and cost of the model calls so far')
    .addOption(new Option('--by <what>', 'how to add up').choices(GROUPS).default('model'))
    .option('--since <when>', 'from a date, or so long ago, as in 2026-11-21, 7d, 12h')
    .option('--until <when>', 'before that')
    .addOption(jsonOption())
    .action((own: UsageOptions) =>
      act(
        import('../commands/usage.ts').then(({ showUsage }) => showUsage(invocation, { ...flags(), ...own })),
      ),
    )
  program
    .command('accounts')
    .description("the server's provider accounts: keys, calls under way, quotas, models they rest for")
    .addOption(jsonOption())
    .action((own: { json?: boolean }) =>
      act(import('../commands/accounts.ts').then(({ showAccounts }) => showAccounts(invocation, own))),
    )
}

function addKeyCommands(program: Command, { invocation, flags, act }: Wiring): void {
  const keys = program
    .command('keys')
    .description('keys for programs, each with models and limits of its own')
  keys
    .command('create')
    .argument('<name>', 'what to call it', keyName)
    .description('make a key for model calls; it is printed once')
    .option('--models <patterns>', 'only these, as in anthropic/*,fast (default: all)', modelPatterns)
    .option('--budget-usd <n/span>', 'US dollars, as in 5/day, 20/month or 100/total', moneyBudget)
    .option('--tokens <n/day>', 'tokens in and out, as in 200000/day', tokensPerDay)
    .option('--rpm <n>', 'requests a minute', tokenCount)
    .option('--tpm <n>', 'tokens a minute', tokenCount)
    .option('--expires <span>', 'as in 30d or 12h (default: never)', lifetime)
    .addOption(jsonOption())
    .action((name: string, own: Omit<CreateKeyFlags, 'name'>) =>
      act(
        import('../commands/keys/create.ts').then(({ createKey }) =>
          createKey(invocation, { ...flags(), ...own, name }),
        ),
      ),
    )
  keys
    .command('list')
    .description('all keys with their limits')
    .addOption(jsonOption())
    .action((own: { json?: boolean }) =>
      act(
        import('../commands/keys/list.ts').then(({ listKeys }) =>
          listKeys(invocation, { ...flags(), ...own }),
        ),
      ),
    )
  keys
    .command('revoke')
    .argument('<name>', 'its name or id')
    .description('take a key back, at once')
    .addOption(jsonOption())
    .action((name: string, own: { json?: boolean }) =>
      act(
        import('../commands/keys/revoke.ts').then(({ revokeKey }) =>
          revokeKey(invocation, { ...flags(), ...own, name }),
        ),
      ),
    )
}
