import { createProgram } from './args/program.ts'
import { flush, openTerminal } from './app/terminal.ts'
import { printError } from './print-error.ts'

const INTERNAL_ERROR = 1
const LONGEST_END_MS = 20_000

/** Runs one command line to its end and exits with its code. */
export async function main(bin: 'agentproxy' | 'pa', argv: readonly string[]): Promise<void> {
  const terminal = openTerminal()
  const { env } = process
  const crash = new AbortController()
  // A plugin's stray failure must not leave an agent running: the command is asked to end, and made to if it does not.
  const onUncaught = (error: unknown): void => {
    printError(error, terminal.err, env)
    if (crash.signal.aborted) return
    setTimeout(() => process.exit(INTERNAL_ERROR), LONGEST_END_MS).unref()
    crash.abort()
  }
  process.on('uncaughtException', onUncaught)
  process.on('unhandledRejection', onUncaught)
  let exitCode: number
  try {
    exitCode = await createProgram({ bin, terminal, env, cwd: process.cwd(), crashed: crash.signal }).run(
      argv,
    )
  } catch (error) {
    exitCode = printError(error, terminal.err, env)
  }
  await Promise.all([flush(process.stdout), flush(process.stderr)])
  process.exit(crash.signal.aborted ? INTERNAL_ERROR : exitCode)
}
