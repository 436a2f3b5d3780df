import type { Command } from 'commander'
import type { Wiring } from './invocation.ts'
import { jsonOption } from './options.ts'

/** What is done with the private folder of a task. */
export function addWorkspaceCommands(program: Command, { invocation, flags, act }: Wiring): void {
  program
    .command('apply')
    .argument('<session>', 'its id, or the start of it')
    .description('bring the result of a task back from its worktree or clone into your folder')
    .option('--unverified', 'also a result that no check has proved')
    .addOption(jsonOption())
    .action((id: string, own: { unverified?: boolean; json?: boolean }) =>
      act(
        import('../commands/apply.ts').then(({ applyTask }) =>
          applyTask(invocation, { ...flags(), ...own, id }),
        ),
      ),
    )
  program
    .command('clean')
    .argument('<session>', 'its id, or the start of it')
    .description('remove the worktree or clone of a task; its log, evidence and diff stay')
    .option('--discard', 'also where the result was not brought back')
    .addOption(jsonOption())
    .action((id: string, own: { discard?: boolean; json?: boolean }) =>
      act(
        import('../commands/clean.ts').then(({ cleanTask }) =>
          cleanTask(invocation, { ...flags(), ...own, id }),
        ),
      ),
    )
}
