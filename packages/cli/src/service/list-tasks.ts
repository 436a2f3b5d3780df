import type { Store } from '@agentproxy/store'
import { ServiceError } from './service-error.ts'
import { taskLine } from './task-view.ts'

const PAGE = 50
const LARGEST_PAGE = 200

/** A page of tasks, newest first, with the cursor of the next one. */
export async function listTasks(store: Store, query: URLSearchParams): Promise<Response> {
  const limit = Number(query.get('limit') ?? PAGE)
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_PAGE)
    throw new ServiceError(
      400,
      'REQUEST_INVALID',
      `"limit" must be a whole number from 1 to ${LARGEST_PAGE}.`,
    )
  const state = query.get('state')
  const cursor = query.get('cursor')
  const records = await store.sessions.list({
    limit,
    ...(state !== null && { state }),
    ...(cursor !== null && { before: readCursor(cursor) }),
  })
  const last = records.length === limit ? records.at(-1) : undefined
  const next = last === undefined ? null : `${last.createdAt}.${last.id}`
  return Response.json({ tasks: records.map((record) => taskLine(record)), next })
}

function readCursor(text: string): { readonly createdAt: number; readonly id: string } {
  const [, at, id] = /^(\d{1,16})\.(.+)$/.exec(text) ?? []
  if (at !== undefined && id !== undefined) return { createdAt: Number(at), id }
  throw new ServiceError(400, 'REQUEST_INVALID', '"cursor" must be what "next" of a page said.')
}
