import type { Gateway } from '@agentproxy/gateway'
import type { LoggedEvent } from '@agentproxy/supervisor'

/** What `GET /events` tells of a task: its states and its end, and nothing of what was said. */
export function publishTask(gateway: Pick<Gateway, 'publish'>, task: string, { payload }: LoggedEvent): void {
  if (payload.type === 'task.state') gateway.publish('task.state', { task, state: payload.state })
  if (payload.type !== 'task.finished') return
  const { outcome, reason, turns, durationMs } = payload
  gateway.publish('task.finished', { task, outcome, reason, turns, durationMs })
}
