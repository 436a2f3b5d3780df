import { randomUUID } from 'node:crypto'
import type { Surroundings } from '../../gate/perform/surroundings.ts'
import { allowedEnvironment } from '../../process/environment.ts'
import { traceParent } from '../../process/trace-parent.ts'
import { type TaskRun, workspaceOf } from '../task-run.ts'

export interface CheckPlace {
  /** Takes the whole output. */
  readonly file: string
  readonly limitMs: number
  /** Unique within the task, for traces. */
  readonly step: string
}

/** The working directory and the limits of a task's check; what it starts is logged first, so that a later run can end it. */
export async function taskSurroundings(
  run: TaskRun,
  { file, limitMs, step }: CheckPlace,
): Promise<Surroundings> {
  const { dir } = await workspaceOf(run)
  return {
    dir,
    env: { ...allowedEnvironment(run.env), TRACEPARENT: traceParent(run.taskId, step) },
    outputFile: file,
    limitMs,
    graceMs: run.graceMs,
    signal: run.signal,
    async announce(what) {
      const marker = randomUUID()
      await run.journal.append({ type: 'process.starting', marker, what })
      return marker
    },
  }
}
