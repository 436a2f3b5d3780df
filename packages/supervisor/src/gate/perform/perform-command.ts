import type { CommandCheckSpec } from '@agentproxy/plugin'
import { MAX_OUTPUT_BYTES, runCommand } from '../../process/run-command.ts'
import { type CheckOutcome, tailOf } from '../check-outcome.ts'
import { judge } from '../judge.ts'
import type { Surroundings } from './surroundings.ts'

/** Runs a check's command and judges it by exit code and output. */
export async function performCommand(
  { command, maxOutputBytes = MAX_OUTPUT_BYTES }: Pick<CommandCheckSpec, 'command' | 'maxOutputBytes'>,
  { dir, limitMs, outputFile, announce, ...around }: Surroundings,
): Promise<CheckOutcome> {
  const marker = await announce(`check ${command}`)
  const { code, output, durationMs, ...result } = await runCommand({
    ...around,
    command,
    cwd: dir,
    marker,
    outputFile,
    maxOutputBytes,
    timeoutMs: limitMs,
  })
  return {
    ...judge({ ...result, output, exitCode: code, timeoutMs: limitMs, maxOutputBytes }),
    command,
    exitCode: code,
    outputTail: tailOf(output),
    outputFile,
    durationMs,
  }
}
