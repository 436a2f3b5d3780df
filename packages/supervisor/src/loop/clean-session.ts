import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type Environment, allowedEnvironment } from '../process/environment.ts'
import { MAX_OUTPUT_BYTES, runCommand } from '../process/run-command.ts'
import { startingTree } from '../session/session-state.ts'
import { SupervisorError } from '../supervisor-error.ts'
import { openPlace, readPlace, removePlace } from '../workspace/place.ts'
import type { Journal } from './journal.ts'

const CLEANUP_MS = 5 * 60_000

export interface CleanRequest {
  readonly env: Environment
  readonly graceMs: number
  /** Whether work that was not brought back may be lost. */
  readonly discard: boolean
}

export interface CleanReport {
  /** What was removed; null = there was nothing. */
  readonly folder: string | null
  /** What the cleanup command said when it failed; null = it went well, or there is none. */
  readonly problem: string | null
}

/**
 * Removes the private folder of a task, with its worktree entry and branch. The log, the evidence and the snapshots stay,
 * so that the diff can still be read. Throws CLEAN_UNSAFE where work would be lost.
 */
export async function cleanSession(
  journal: Journal,
  sessionDir: string,
  { env, graceMs, discard }: CleanRequest,
): Promise<CleanReport> {
  const place = await readPlace(sessionDir)
  if (place === null) return { folder: null, problem: null }
  if (!discard) await refuseLoss(journal, sessionDir)
  const cleanup = journal.state.contract?.workspace.cleanup ?? null
  const problem =
    cleanup === null ? null : await runCleanup(cleanup, { dir: place.dir, sessionDir, env, graceMs })
  await removePlace(sessionDir)
  await journal.append({ type: 'workspace.removed' })
  return { folder: place.root, problem }
}

async function refuseLoss({ state }: Journal, sessionDir: string): Promise<void> {
  const { contract } = state
  const base = startingTree(state)
  if (contract === null || base === null) return
  const left = await openPlace(sessionDir, contract).then(
    (workspace) => workspace.snapshot(),
    () => null,
  )
  if (left === null || left.tree === base || left.tree === state.applied) return
  throw new SupervisorError(
    'CLEAN_UNSAFE',
    'What the task changed is not in the working directory. Apply it, or say that it may be lost: --discard.',
  )
}

async function runCleanup(
  command: string,
  at: {
    readonly dir: string
    readonly sessionDir: string
    readonly env: Environment
    readonly graceMs: number
  },
): Promise<string | null> {
  const result = await runCommand({
    command,
    cwd: at.dir,
    env: allowedEnvironment(at.env),
    marker: randomUUID(),
    outputFile: join(at.sessionDir, 'output', 'cleanup.log'),
    timeoutMs: CLEANUP_MS,
    graceMs: at.graceMs,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    signal: new AbortController().signal,
  })
  return result.code === 0
    ? null
    : `${command}: ${result.output.trim().slice(-500) || `exit code ${result.code}`}`
}
