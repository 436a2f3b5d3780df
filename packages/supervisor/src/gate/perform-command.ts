import { type CheckOutcome, tailOf } from '../loop/checks/check-outcome.ts'
import { type CommandOptions, runCommand } from '../process/run-command.ts'
import { judge } from './judge.ts'

/** Runs a check's command and judges it by exit code and output. */
export async function performCommand(options: CommandOptions): Promise<CheckOutcome> {
  const { command, timeoutMs, outputFile } = options
  const { code, output, durationMs, ...result } = await runCommand(options)
  return {
    ...judge({ ...result, output, exitCode: code, timeoutMs }),
    command,
    exitCode: code,
    outputTail: tailOf(output),
    outputFile,
    durationMs,
  }
}
