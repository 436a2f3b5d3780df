import { Argument } from 'commander'
import type { Command } from 'commander'
import { SHELLS } from '../completion/completion-script.ts'
import type { Shell } from '../completion/completion-script.ts'
import type { Wiring } from './invocation.ts'
import { jsonOption, positive } from './options.ts'

/** What helps to use everything else. */
export function addHelpCommands(program: Command, { invocation, flags, act }: Wiring): void {
  program
    .command('doctor')
    .description('look at all that can keep agentproxy from working here')
    .option('--offline', 'do not try whether providers can be reached')
    .addOption(jsonOption())
    .action((own: { offline?: boolean; json?: boolean }) =>
      act(import('../commands/doctor.ts').then(({ doctor }) => doctor(invocation, { ...flags(), ...own }))),
    )
  program
    .command('logs')
    .argument('<session>', 'its id, or the start of it')
    .description('the whole output of the agents and checks of a task, as it was written')
    .option('--turn <n>', 'of this turn alone', positive)
    .action((id: string, own: { turn?: number }) =>
      act(
        import('../commands/logs.ts').then(({ printLogs }) =>
          printLogs(invocation, { ...flags(), ...own, id }),
        ),
      ),
    )
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .description('print a script that completes commands and options in your shell')
    .action((shell: Shell) =>
      act(
        import('../commands/completion.ts').then(({ printCompletion }) =>
          printCompletion(invocation, program, shell),
        ),
      ),
    )
}
