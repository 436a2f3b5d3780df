import { randomUUID } from 'node:crypto'
import { performCommand } from '../../gate/perform-command.ts'
import { allowedEnvironment } from '../../process/environment.ts'
import { traceParent } from '../../process/trace-parent.ts'
import { type TaskRun, workspaceOf } from '../task-run.ts'
import type { CheckOutcome } from './check-outcome.ts'

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
  return performCommand({
    command,
    cwd: dir,
    env: { ...allowedEnvironment(run.env), TRACEPARENT: traceParent(run.taskId, step) },
    marker,
    outputFile: file,
    timeoutMs: limitMs,
    graceMs: run.graceMs,
    signal: run.signal,
  })
}
