import type { HostCall } from '@agentproxy/gateway'
import type { SessionRecord } from '@agentproxy/store'
import { z } from 'zod'
import { findSession } from '../app/find-session.ts'
import { ServiceError } from './service-error.ts'
import type { TaskService } from './task-service.ts'
import { taskView } from './task-view.ts'

/** The task meant by an id or the start of one. */
export function sessionOf({ app }: TaskService, { params }: HostCall): Promise<SessionRecord> {
  return findSession(app.store, params['id'] ?? '')
}

/** A task as its clients see it. */
export async function viewOf({ app, supervisor }: TaskService, id: string) {
  const { store } = app
  const [state, usage] = await Promise.all([supervisor.state(id), store.exchanges.totals(id)])
  const record = await store.sessions.get(id)
  if (record === null) throw new ServiceError(404, 'SESSION_UNKNOWN', `There is no session ${id}.`)
  return taskView(record, state, usage)
}

/** What a body says; a 400 that tells each problem if it is not of that shape. */
export function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body ?? {})
  if (parsed.success) return parsed.data
  throw new ServiceError(400, 'REQUEST_INVALID', z.prettifyError(parsed.error))
}
