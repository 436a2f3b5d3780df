import type { FileChange } from '@agentproxy/plugin'
import picomatch from 'picomatch'
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

/**
 * A test for paths relative to the working directory. A pattern without a slash means a name at any depth, one that
 * matches a folder means all below it, and case does not count, as on many file systems.
 */
export function pathTest(patterns: readonly string[]): (path: string) => boolean {
  if (patterns.length === 0) return () => false
  const whole = patterns.map((pattern) => pattern.replace(/^\.?\//, '').replace(/\/$/, ''))
  const deep = whole.map((pattern) => (pattern.includes('/') ? pattern : `**/${pattern}`))
  return picomatch(
    deep.flatMap((pattern) => [pattern, `${pattern}/**`]),
    { dot: true, nocase: true },
  )
}
