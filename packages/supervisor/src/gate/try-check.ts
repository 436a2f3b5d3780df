import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandCheckSpec } from '@agentproxy/plugin'
import { type CheckOutcome, tailOf } from '../loop/checks/check-outcome.ts'
import { type Environment, allowedEnvironment } from '../process/environment.ts'
import { runCommand } from '../process/run-command.ts'
import { judge } from './judge.ts'

/** Milliseconds between SIGTERM and SIGKILL. */
const GRACE_MS = 5000

export interface TryCheckOptions {
  readonly workingDir: string
  readonly env: Environment
  readonly signal: AbortSignal
}

/** Runs a check as a task would, in the same environment and judged the same way, and keeps nothing of it. */
export async function tryCheck(
  { command, timeoutMs }: CommandCheckSpec,
  { workingDir, env, signal }: TryCheckOptions,
): Promise<CheckOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'agentproxy-check-'))
  try {
    const result = await runCommand({
      command,
      cwd: workingDir,
      env: allowedEnvironment(env),
      marker: randomUUID(),
      outputFile: join(folder, 'output'),
      timeoutMs,
      graceMs: GRACE_MS,
      signal,
    })
    return {
      ...judge({ ...result, exitCode: result.code, timeoutMs }),
      command,
      exitCode: result.code,
      outputTail: tailOf(result.output),
      outputFile: null,
      durationMs: result.durationMs,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
