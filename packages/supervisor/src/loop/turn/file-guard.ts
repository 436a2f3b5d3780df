import type { FileChange } from '@agentproxy/plugin'
import { pathTest } from '../../session/path-test.ts'
import { PROTECTED_BY_TASK } from '../../session/task-event.ts'
import { type TaskRun, contractOf } from '../task-run.ts'

interface FileRefusal {
  /** The plugin, or PROTECTED_BY_TASK. */
  readonly by: string
  readonly reason: string
}

type FileGuard = (change: Omit<FileChange, 'taskId'>) => Promise<FileRefusal | null>

/** Asks who may refuse a change of a file: the task's protected paths, then the plugins. null = there is nobody to ask. */
export function fileGuard(run: TaskRun): FileGuard | null {
  const { protectedPaths } = contractOf(run)
  const hook = run.host.live.hooks['file.change']
  if (hook === null && protectedPaths.length === 0) return null
  const isProtected = pathTest(protectedPaths)
  return async (change) => {
    if (isProtected(change.path)) return { by: PROTECTED_BY_TASK, reason: `${change.path} is protected` }
    const verdict = await hook?.({ taskId: run.taskId, ...change })
    return verdict?.blocked === true ? { by: verdict.plugin, reason: verdict.reason } : null
  }
}
