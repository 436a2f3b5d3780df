import { Command, CommanderError, Option } from 'commander'
import type { CleanupFlags } from '../commands/cleanup.ts'
import type { ListFlags } from '../commands/list.ts'
import { CliError } from '../errors.ts'
import { readVersion } from '../version.ts'
import { addAuthCommands } from './auth-commands.ts'
import { addChecksCommands } from './checks-commands.ts'
import { addConfigCommands } from './config-commands.ts'
import { addControlCommands } from './control-commands.ts'
import type { GlobalFlags, Invocation, Wiring } from './invocation.ts'
import { addExamples } from './examples.ts'
import { addHelpCommands } from './help-commands.ts'
import { addMoneyCommands } from './money-commands.ts'
import { nearest } from './nearest.ts'
import { pluginCommand } from './plugin-command.ts'
import { addPluginsCommands } from './plugins-program.ts'
import { addToolsCommands } from './tools-commands.ts'
import { addWorkspaceCommands } from './workspace-commands.ts'
import {
  addDisplayOptions,
  addRunOptions,
  addWatchOptions,
  jsonOption,
  portNumber,
  positive,
  workerCount,
} from './options.ts'
import type { DisplayFlags, RunFlags, ServeFlags, WatchFlags } from './options.ts'

const EXAMPLES = `
Examples:
  pa "make the failing test pass" --agent builtin --model simulator/fix --check "npm test"
  pa resume 3f2a            continue a task that was stopped
  agentproxy serve          one endpoint for all your agents and programs

pa "task" is short for agentproxy run "task"; pa run --help lists the options of a task. A task
whose first word is a command needs pa run "...". Plugins may add commands to agentproxy:
agentproxy plugins commands lists them.
Exit codes of a task: 0 verified, 10 failed, 11 stuck, 12 out of turns, 13 out of time, 14 out of money,
15 out of tokens, 16 a question nobody answered, 17 agent error, 18 blocked by a plugin,
19 verified but not brought back, 20 ended without any check, 130 stopped;
2 wrong usage, 1 internal error.
`

/** The command line. Commands are imported when they run, so that help and version start fast. */
export function createProgram(invocation: Invocation): { run(argv: readonly string[]): Promise<number> } {
  let exitCode = 0
  const program = new Command(invocation.bin)
    .description(
      'Supervises coding agents until a task is proved done, and proxies every model call they make.',
    )
    .version(readVersion(), '--version', 'print the version')
    .option('--config <file>', 'a further configuration file, on top of the others')
    .option('--verbose', 'all logs, on standard error')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => invocation.terminal.out.write(text),
      writeErr: (text) => invocation.terminal.err.write(text),
    })
  const flags = (): GlobalFlags => program.opts<GlobalFlags>()
  const act = (result: Promise<number>): Promise<void> => result.then((code) => void (exitCode = code))

  const wiring: Wiring = { invocation, flags, act }
  addTaskCommands(program, wiring)
  addSessionCommands(program, wiring)
  addFileCommands(program, wiring)
  addWorkspaceCommands(program, wiring)
  addGatewayCommands(program, wiring)
  addControlCommands(program, wiring)
  addMoneyCommands(program, wiring)
  addAuthCommands(program, wiring)
  addConfigCommands(program, wiring)
  addToolsCommands(program, wiring)
  addChecksCommands(program, wiring)
  addHelpCommands(program, wiring)
  const builtIns = (): readonly string[] => [...program.commands.map((command) => command.name()), 'help']
  addPluginsCommands(program, { ...wiring, builtIns })
  addExamples(program)

  return {
    async run(argv) {
      try {
        const ofPlugin = pluginCommand(invocation.bin, builtIns(), argv)
        if (ofPlugin !== null) {
          const { runPluginCommand } = await import('../commands/run-plugin-command.ts')
          return await runPluginCommand(invocation, ofPlugin)
        }
        await program.parseAsync(withRun(invocation.bin, builtIns(), argv), { from: 'user' })
        return exitCode
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error
        return error.exitCode === 0 ? 0 : new CliError('USAGE', error.message).exitCode
      }
    },
  }
}

function addTaskCommands(program: Command, { invocation, flags, act }: Wiring): void {
  const run = program.command('run', { isDefault: false }).argument('[task...]', 'what to do, in quotes')
  addWatchOptions(addRunOptions(run))
    .description('run a task until its checks prove it done')
    .action((words: string[], own: RunFlags) =>
      act(
        import('../commands/run.ts').then(({ runTask }) =>
          runTask(invocation, { ...flags(), ...own, task: words.join(' ').trim() }),
        ),
      ),
    )
  addWatchOptions(program.command('resume').argument('<session>', 'its id, or the start of it'))
    .description('continue a task that was interrupted or killed')
    .action((id: string, own: WatchFlags) =>
      act(
        import('../commands/resume.ts').then(({ resumeTask }) =>
          resumeTask(invocation, { ...flags(), ...own, id }),
        ),
      ),
    )
}

function addSessionCommands(program: Command, { invocation, flags, act }: Wiring): void {
  addListCommands(program, { invocation, flags, act })
  addDisplayOptions(program.command('show').argument('<session>', 'its id, or the start of it'))
    .description('tell the whole story of a task again, from its log')
    .action((id: string, own: DisplayFlags) =>
      act(
        import('../commands/show.ts').then(({ showSession }) =>
          showSession(invocation, { ...flags(), ...own, id }),
        ),
      ),
    )
  program
    .command('evidence')
    .argument('<session>', 'its id, or the start of it')
    .description('every check that ran, with what it showed')
    .option('--markdown <file>', 'write a report of the whole task there instead')
    .option('--html <file>', 'the same as a page')
    .addOption(jsonOption())
    .action((id: string, own: { json?: boolean; markdown?: string; html?: string }) =>
      act(
        import('../commands/evidence.ts').then(({ showEvidence }) =>
          showEvidence(invocation, { ...flags(), ...own, id }),
        ),
      ),
    )
}

function addListCommands(program: Command, { invocation, flags, act }: Wiring): void {
  program
    .command('list')
    .description('tasks so far, newest first')
    .option('--limit <n>', 'how many', positive, 20)
    .option('--search <text>', 'only those with all these words, or words that begin so, in title or log')
    .option('--state <state>', 'only those in this state, as in running or interrupted')
    .option('--outcome <outcome>', 'only those that ended so, as in done or failed')
    .option('--agent <name>', 'only those of this agent')
    .option('-d, --working-dir <folder>', 'only those that worked there')
    .option('--since <when>', 'only those begun since a date, or so long ago, as in 2026-11-21, 7d, 12h')
    .option('--after <session>', 'go on after this one, the last of the page before')
    .addOption(jsonOption())
    .action((own: ListFlags) =>
      act(
        import('../commands/list.ts').then(({ listSessions }) =>
          listSessions(invocation, { ...flags(), ...own }),
        ),
      ),
    )
  program
    .command('cleanup')
    .description('delete old sessions with their logs and folders, but none that runs')
    .option('--older-than <span>', 'not changed for so long, as in 30d (default: retention.sessions)')
    .option('--dry-run', 'only tell which')
    .addOption(jsonOption())
    .action((own: CleanupFlags) =>
      act(
        import('../commands/cleanup.ts').then(({ cleanUpSessions }) =>
          cleanUpSessions(invocation, { ...flags(), ...own }),
        ),
      ),
    )
}

function addFileCommands(program: Command, { invocation, flags, act }: Wiring): void {
  program
    .command('diff')
    .argument('<session>', 'its id, or the start of it')
    .description('what the task changed, as a patch')
    .action((id: string) =>
      act(import('../commands/diff.ts').then(({ showDiff }) => showDiff(invocation, { ...flags(), id }))),
    )
  program
    .command('rollback')
    .argument('<session>', 'its id, or the start of it')
    .description('put all files back as they were before the task')
    .option('--to <turn>', 'as they were before this turn', positive)
    .option('--discard-later', 'also where files were changed after the task')
    .addOption(jsonOption())
    .action((id: string, own: { to?: number; discardLater?: boolean; json?: boolean }) =>
      act(
        import('../commands/rollback.ts').then(({ rollBackTask }) =>
          rollBackTask(invocation, { ...flags(), ...own, id }),
        ),
      ),
    )
}

function addGatewayCommands(program: Command, { invocation, flags, act }: Wiring): void {
  program
    .command('serve')
    .description('run the gateway: one endpoint for agents and programs')
    .option('--host <address>', 'where to listen')
    .option('--port <n>', 'which port; 0 = any free one', portNumber)
    .option('--workers <n>', 'how many processes serve; auto = one for each processor', workerCount)
    .addOption(new Option('--worker <id>').argParser(positive).hideHelp())
    .option('--watch', 'reload plugins when their files change, load what is put into ./plugins (default)')
    .option('--no-watch', 'leave plugins as they were at the start')
    .option('--record <folder>', 'write each upstream call into a file there, without its credential')
    .addOption(
      new Option('--replay <folder>', 'answer from files recorded there; no upstream is called').conflicts(
        'record',
      ),
    )
    .addOption(jsonOption())
    .action((own: ServeFlags) =>
      act(import('../commands/serve.ts').then(({ serve }) => serve(invocation, { ...flags(), ...own }))),
    )
  program
    .command('token')
    .description("print the gateway's token")
    .action(() => act(import('../commands/token.ts').then(({ printToken }) => printToken(invocation))))
  program
    .command('models')
    .description('models the loaded providers offer, and aliases')
    .addOption(jsonOption())
    .action((own: { json?: boolean }) =>
      act(
        import('../commands/models.ts').then(({ listModels }) =>
          listModels(invocation, { ...flags(), ...own }),
        ),
      ),
    )
  program
    .command('version')
    .description('print the version')
    .action(() => invocation.terminal.out.write(`${readVersion()}\n`))
}

/** `pa "task"` means `pa run "task"`. A lone word close to a command is taken for a typing error, not for a task. */
function withRun(
  bin: Invocation['bin'],
  names: readonly string[],
  argv: readonly string[],
): readonly string[] {
  const [first] = argv
  if (bin !== 'pa' || first === undefined || names.includes(first)) return argv
  if (['-h', '--help', '--version'].includes(first)) return argv
  const [meant] = argv.length === 1 && /^[a-z]+$/.test(first) ? nearest(first, names) : []
  if (meant !== undefined) {
    throw new CliError('USAGE', `unknown command "${first}" (did you mean "${meant}"?)`, {
      hint: `If it is a task: pa run "${first}"`,
    })
  }
  return ['run', ...argv]
}
