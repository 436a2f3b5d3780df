import { createHash } from 'node:crypto'

/**
 * A W3C `traceparent` for one step of a task. Derived from the task's id, so that a resumed task stays in its trace.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function traceParent(taskId: string, step: string): string {
  const trace = createHash('sha256').update(taskId).digest('hex').slice(0, 32)
  const span = createHash('sha256').update(`${taskId}/${step}`).digest('hex').slice(0, 16)
  return `00-${trace}-${span}-01`
}
