import { randomUUID } from 'node:crypto'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckSpec } from '@agentproxy/plugin'
import { type Environment, allowedEnvironment } from '../process/environment.ts'
import { GRACE_MS } from '../process/grace.ts'
import { type CheckOutcome, notRun } from './check-outcome.ts'
import { isLocal, performCheck } from './perform/perform-check.ts'

export interface TryCheckOptions {
  readonly workingDir: string
  readonly env: Environment
  readonly signal: AbortSignal
}

/**
 * Runs a check as a task would, in the same environment and judged the same way, and keeps nothing of it. What only a
 * task can tell (its changes, its objective, its plugins) is skipped.
 */
export async function tryCheck(
  check: CheckSpec,
  { workingDir, env, signal }: TryCheckOptions,
): Promise<CheckOutcome> {
  if (!isLocal(check)) return notRun('skipped', `only a task has what a ${check.kind} check looks at`, null)
  const folder = await mkdtemp(join(tmpdir(), 'agentproxy-check-'))
  try {
    const { artifacts: _gone, ...outcome } = await performCheck(check, {
      dir: await realpath(workingDir),
      env: allowedEnvironment(env),
      outputFile: join(folder, 'output'),
      limitMs: check.timeoutMs,
      graceMs: GRACE_MS,
      signal,
      announce: () => Promise.resolve(randomUUID()),
    })
    return { ...outcome, outputFile: null }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
