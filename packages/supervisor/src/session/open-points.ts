import type { SessionState } from './session-state.ts'
import { isOpen } from './subtask.ts'
import type { Finding } from './task-event.ts'

/** What stands in the way of done besides the checks: open sub-tasks, and what a review of these very files found. */
export function openPoints({ subtasks, review, gate }: SessionState): readonly Finding[] {
  const open = subtasks
    .filter(isOpen)
    .map(({ id, title, status }) => point('subtask-open', `Sub-task ${id} is ${status}: ${title}`))
  const issues = review !== null && review.tree === gate?.tree ? review.issues : []
  const found = issues
    .filter(({ severity }) => severity === 'blocking')
    .map(({ file, problem }) =>
      point('review-blocking', `A review found: ${problem}`, file === null ? [] : [file]),
    )
  return [...open, ...found]
}

function point(code: Finding['code'], detail: string, paths: readonly string[] = []): Finding {
  return { code, blocking: true, detail, paths }
}
