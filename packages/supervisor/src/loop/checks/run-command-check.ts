import { randomUUID } from 'node:crypto'
import { judge } from '../../gate/judge.ts'
import { allowedEnvironment } from '../../process/environment.ts'
import { runCommand } from '../../process/run-command.ts'
import { traceParent } from '../../process/trace-parent.ts'
import { type TaskRun, workspaceOf } from '../task-run.ts'
import { type CheckOutcome, tailOf } from './check-outcome.ts'

export interface CommandCheckRun {
  readonly command: string
  /** Takes the whole output. */
  readonly file: string
  readonly limitMs: number
  /** Unique within the task, for traces. */
  readonly step: string
}

/** Runs a command in the working directory and judges it by exit code and output. */
export async function runCommandCheck(
  run: TaskRun,
  { command, file, limitMs, step }: CommandCheckRun,
): Promise<CheckOutcome> {
  const marker = randomUUID()
  const { dir } = await workspaceOf(run)
  await run.journal.append({ type: 'process.starting', marker, what: `check ${command}` })
  const result = await runCommand({
    command,
    cwd: dir,
    env: { ...allowedEnvironment(run.env), TRACEPARENT: traceParent(run.taskId, step) },
    marker,
    outputFile: file,
    timeoutMs: limitMs,
    graceMs: run.graceMs,
    signal: run.signal,
  })
  return {
    ...judge({ ...result, exitCode: result.code, timeoutMs: limitMs }),
    command,
    exitCode: result.code,
    outputTail: tailOf(result.output),
    outputFile: file,
    durationMs: result.durationMs,
  }
}
