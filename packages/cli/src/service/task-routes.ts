import type { HostCall, HostRoute } from '@agentproxy/gateway'
import { z } from 'zod'
import { eventStream } from './event-stream.ts'
import { ServiceError, errorAnswer } from './service-error.ts'
import { listTasks } from './list-tasks.ts'
import { parse, sessionOf, viewOf } from './task-call.ts'
import { taskOrders } from './task-orders.ts'
import { taskRequestSchema } from './task-request.ts'
import type { TaskService } from './task-service.ts'

type Route = Omit<HostRoute, 'handle' | 'note'> & {
  readonly summary: string
  readonly answers?: string
  readonly schema?: z.ZodType
  readonly query?: Readonly<Record<string, string>>
  readonly handle: (call: HostCall) => Promise<Response>
}

const LIST_QUERY = {
  state: 'Only tasks in this state.',
  limit: 'How many, at most 200. Default 50.',
  cursor: 'What `next` of the page before said.',
}

/** Every route about tasks, under its own name and the older ones. */
export function taskRoutes(service: TaskService): readonly HostRoute[] {
  const submit = async ({ body }: HostCall): Promise<Response> => {
    const id = await service.submit(parse(taskRequestSchema, body))
    return Response.json(await viewOf(service, id), { status: 201, headers: { location: `/tasks/${id}` } })
  }
  const list = (call: HostCall): Promise<Response> => listTasks(service.app.store, call.query)
  const show = async (call: HostCall): Promise<Response> =>
    Response.json(await viewOf(service, (await sessionOf(service, call)).id))
  const routes: readonly Route[] = [
    { method: 'POST', path: '/tasks', summary: 'Start a task', schema: taskRequestSchema, handle: submit },
    { method: 'POST', path: '/task', summary: 'Start a task', schema: taskRequestSchema, handle: submit },
    { method: 'GET', path: '/tasks', summary: 'Tasks, newest first', query: LIST_QUERY, handle: list },
    { method: 'GET', path: '/sessions', summary: 'Tasks, newest first', query: LIST_QUERY, handle: list },
    { method: 'GET', path: '/tasks/:id', summary: 'A task', handle: show },
    { method: 'GET', path: '/session/:id', summary: 'A task', handle: show },
    ...taskOrders(service),
    ...readingRoutes(service),
  ]
  return routes.map((route) => hostRoute(route))
}

function readingRoutes(service: TaskService): readonly Route[] {
  const { store } = service.app
  return [
    {
      method: 'GET',
      path: '/tasks/:id/events',
      summary: 'What happens to a task, as it happens',
      answers: 'text/event-stream',
      query: { after: 'As the header Last-Event-ID: events after this one.' },
      handle: (call) => streamEvents(service, call),
    },
    {
      method: 'GET',
      path: '/tasks/:id/permissions',
      summary: 'What the agent of a task asks permission for',
      handle: async (call) => {
        const { id } = await sessionOf(service, call)
        return Response.json({ permissions: (await service.supervisor.state(id)).permissions })
      },
    },
    {
      method: 'GET',
      path: '/tasks/:id/questions',
      summary: 'What a task asks a person',
      handle: async (call) => {
        const { question } = await service.supervisor.state((await sessionOf(service, call)).id)
        return Response.json({ questions: question === null ? [] : [question] })
      },
    },
    {
      method: 'GET',
      path: '/tasks/:id/evidence',
      summary: 'Every check that ran, with what it showed',
      handle: async (call) => {
        const { id } = await sessionOf(service, call)
        return Response.json({ evidence: await store.evidence.list(id) })
      },
    },
    {
      method: 'GET',
      path: '/tasks/:id/diff',
      summary: 'What a task changed, as a patch',
      answers: 'text/x-diff',
      handle: async (call) => {
        const patch = await service.supervisor.diff((await sessionOf(service, call)).id)
        return new Response(patch, { headers: { 'content-type': 'text/x-diff; charset=utf-8' } })
      },
    },
  ]
}

async function streamEvents(service: TaskService, call: HostCall): Promise<Response> {
  const { store } = service.app
  const { id, outcome } = await sessionOf(service, call)
  const after = eventId(call.lastEventId ?? call.query.get('after'))
  const snapshot = () => viewOf(service, id)
  // A client that has it all and comes back is told to stay away (html.spec.whatwg.org, 9.2.3).
  if (outcome !== null && after !== null && after === (await snapshot()).seq)
    return new Response(null, { status: 204 })
  const signal = AbortSignal.any([call.signal, service.closing])
  const body = ReadableStream.from(eventStream({ store, sessionId: id, after, snapshot, signal }))
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
}

function eventId(text: string | null): number | null {
  if (text === null || text === '') return null
  const id = Number(text)
  if (Number.isSafeInteger(id) && id >= 0) return id
  throw new ServiceError(400, 'EVENT_ID', 'Last-Event-ID and "after" must be the id of an event.')
}

function hostRoute({ method, path, summary, answers, schema, query, handle }: Route): HostRoute {
  return {
    method,
    path,
    note: {
      tag: 'tasks',
      summary,
      ...(answers !== undefined && { answers }),
      ...(schema !== undefined && { body: 'required' as const, schema: z.toJSONSchema(schema) }),
      ...(query !== undefined && { query }),
    },
    handle: async (call) => {
      try {
        return await handle(call)
      } catch (error) {
        const answer = errorAnswer(error)
        if (answer === null) throw error
        return answer
      }
    },
  }
}
