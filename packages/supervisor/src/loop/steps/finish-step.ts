import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskEnd, TaskOutcome } from '@agentproxy/plugin'
import { openPoints } from '../../session/open-points.ts'
import { type SessionState, startingTree } from '../../session/session-state.ts'
import type { ChangedFile, Finding } from '../../session/task-event.ts'
import { changedFiles } from '../../workspace/tree-diff.ts'
import { type TaskRun, contractOf, snapshotTree, workspaceOf } from '../task-run.ts'

// Longest that observers of a task's end may delay the answer.
const OBSERVERS_MS = 10_000

export interface Ending {
  readonly outcome: TaskOutcome
  readonly reason: string
  readonly message: string
}

/** Logs the end of the task and tells the plugins. */
export async function finishStep(run: TaskRun, ending: Ending): Promise<void> {
  const { outcome, reason, message } = ending
  const { state } = run.journal
  const turns = state.turns.length
  const durationMs = state.activeMs + Math.max(0, Date.now() - state.lastAt)
  const changes = await changesNow(run)
  const findings = [...(state.gate?.findings ?? []), ...openPoints(state), ...blockedBy(state)]
  await run.journal.append({
    type: 'task.finished',
    outcome,
    reason,
    message,
    turns,
    durationMs,
    changes,
    findings,
  })
  await run.journal.end(outcome)
  const end: TaskEnd = {
    taskId: run.taskId,
    prompt: contractOf(run).objective,
    workingDir: contractOf(run).workingDir,
    outcome,
    reason,
    message,
    turns,
    durationMs,
    checks: Object.values(state.results),
    filesChanged: changes.map((change) => change.path),
  }
  await Promise.race([observers(run, end), sleep(OBSERVERS_MS, undefined, { ref: false })])
}

// What the agent left, also when the task ends between two looks at the files.
async function changesNow(run: TaskRun): Promise<readonly ChangedFile[]> {
  const { state } = run.journal
  const from = startingTree(state)
  if (from === null) return []
  try {
    return await changedFiles(await workspaceOf(run), from, await snapshotTree(run))
  } catch (error) {
    // The end itself may be that the folder or git is gone.
    run.log.warn('the changes of the task could not be read', { taskId: run.taskId, error: String(error) })
    return state.gate?.changes ?? []
  }
}

async function observers(run: TaskRun, end: TaskEnd): Promise<void> {
  const { hooks } = run.host.live
  await (end.outcome === 'done' ? hooks['task.complete']?.(end) : hooks['task.error']?.(end))
}

// Open points are findings of their own.
function blockedBy(state: SessionState): readonly Finding[] {
  if (openPoints(state).length > 0) return []
  return state.refusals.map((detail) => ({ code: 'blocked-by-plugin', blocking: true, detail, paths: [] }))
}
