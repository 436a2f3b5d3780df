import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandCheckSpec } from '@agentproxy/plugin'
import type { CheckOutcome } from '../loop/checks/check-outcome.ts'
import { type Environment, allowedEnvironment } from '../process/environment.ts'
import { GRACE_MS } from '../process/grace.ts'
import { performCommand } from './perform-command.ts'

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
    const outcome = await performCommand({
      command,
      cwd: workingDir,
      env: allowedEnvironment(env),
      marker: randomUUID(),
      outputFile: join(folder, 'output'),
      timeoutMs,
      graceMs: GRACE_MS,
      signal,
    })
    return { ...outcome, outputFile: null }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
