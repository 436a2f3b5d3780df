import { Option } from 'commander'
import type { Command } from 'commander'
import type { TaskOrder } from '@agentproxy/supervisor'
import type { Wiring } from './invocation.ts'
import { addDisplayOptions } from './options.ts'
import type { DisplayFlags } from './options.ts'

const SESSION = ['<session>', 'its id, or the start of it'] as const

/** Commands that look at a task while it runs and speak to it. */
export function addControlCommands(program: Command, place: Wiring): void {
  const { invocation, flags, act } = place
  addDisplayOptions(program.command('attach').argument(...SESSION))
    .description('watch a task that runs elsewhere, and speak to it; Ctrl-C leaves it running')
    .action((id: string, own: DisplayFlags) =>
      act(
        import('../commands/attach.ts').then(({ attachToTask }) =>
          attachToTask(invocation, { ...flags(), ...own, id }),
        ),
      ),
    )
  program
    .command('send')
    .argument(...SESSION)
    .argument('<text...>', 'what to tell its agent')
    .description('tell the agent of a running task something, now if it can listen, else with its next turn')
    .addOption(new Option('--queue', 'with its next turn').conflicts('interrupt'))
    .option('--interrupt', 'at once: its turn is ended')
    .action((id: string, words: string[], own: { queue?: boolean; interrupt?: boolean }) => {
      const mode = own.interrupt === true ? 'interrupt' : own.queue === true ? 'queue' : 'steer'
      return act(send(place, id, { do: 'message', text: words.join(' '), mode }))
    })
  program
    .command('stop')
    .argument(...SESSION)
    .description('stop a running task and save it')
    .option('--kill', 'end its processes at once')
    .action((id: string, own: { kill?: boolean }) =>
      act(send(place, id, { do: 'stop', mode: own.kill === true ? 'kill' : 'graceful' })),
    )
  program
    .command('pause')
    .argument(...SESSION)
    .description('hold a running task; its turn begins anew when it goes on')
    .action((id: string) => act(send(place, id, { do: 'pause' })))
  program
    .command('unpause')
    .argument(...SESSION)
    .description('let a paused task go on')
    .action((id: string) => act(send(place, id, { do: 'resume' })))
  addAnswerCommands(program, place)
}

function addAnswerCommands(program: Command, { invocation, flags, act }: Wiring): void {
  program
    .command('answer')
    .argument(...SESSION)
    .argument('<text...>', 'the answer')
    .description('answer the question a task waits for')
    .action((id: string, words: string[]) =>
      act(
        import('../commands/send-order.ts').then(({ answerTask }) =>
          answerTask(invocation, { ...flags(), id, text: words.join(' ') }),
        ),
      ),
    )
  for (const [name, verb, what] of [
    ['allow', 'allow', 'allow what the agent of a task asks permission for'],
    ['deny', 'reject', 'refuse what the agent of a task asks permission for'],
  ] as const) {
    program
      .command(name)
      .argument(...SESSION)
      .argument('[permission]', 'one of several, by the id it was asked with')
      .description(what)
      .option('--always', 'also the like of it, to the end of the task')
      .action((id: string, permission: string | undefined, own: { always?: boolean }) =>
        act(
          import('../commands/send-order.ts').then(({ permitTask }) =>
            permitTask(invocation, {
              ...flags(),
              id,
              option: own.always === true ? `${verb}_always` : `${verb}_once`,
              ...(permission !== undefined && { permission }),
            }),
          ),
        ),
      )
  }
}

async function send({ invocation, flags }: Wiring, id: string, order: TaskOrder): Promise<number> {
  const { sendOrder } = await import('../commands/send-order.ts')
  return sendOrder(invocation, { ...flags(), id }, order)
}
