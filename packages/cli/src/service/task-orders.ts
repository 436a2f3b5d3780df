import type { HostCall, HostRoute } from '@agentproxy/gateway'
import { canContinue } from '@agentproxy/supervisor'
import type { TaskOrder } from '@agentproxy/supervisor'
import { z } from 'zod'
import { findSession } from '../app/find-session.ts'
import { ServiceError } from './service-error.ts'
import { parse, sessionOf, viewOf } from './task-call.ts'
import type { TaskService } from './task-service.ts'

const text = z.string().trim().min(1).max(100_000)
const mode = z.enum(['graceful', 'kill']).default('graceful')

const nothing = z.strictObject({})
const stop = z.strictObject({ mode })
const stopNamed = z.strictObject({ session_id: z.string().min(1), mode })
const message = z.strictObject({ text, mode: z.enum(['steer', 'queue', 'interrupt']).default('steer') })
const permission = z.strictObject({
  option: z.enum(['allow_once', 'allow_always', 'reject_once', 'reject_always']),
})
const answer = z.strictObject({ text })

interface OrderRoute {
  readonly method: HostRoute['method']
  readonly path: string
  readonly summary: string
  readonly schema: z.ZodType
  readonly handle: (call: HostCall) => Promise<Response>
}

/** The routes that ask something of a task; each answers with the task as it is then. */
export function taskOrders(service: TaskService): readonly OrderRoute[] {
  const order = (
    [path, summary]: readonly [string, string],
    schema: z.ZodType,
    give: (call: HostCall) => TaskOrder,
  ): OrderRoute => ({
    method: 'POST',
    path,
    summary,
    schema,
    handle: async (call) => send(service, (await sessionOf(service, call)).id, give(call)),
  })
  return [
    order(['/tasks/:id/stop', 'Stop a task and save it'], stop, ({ body }) => ({
      do: 'stop',
      mode: parse(stop, body).mode,
    })),
    order(['/tasks/:id/pause', 'Hold a task'], nothing, ({ body }) => {
      parse(nothing, body)
      return { do: 'pause' }
    }),
    order(['/tasks/:id/message', 'Tell the agent of a task something'], message, ({ body }) => ({
      do: 'message',
      ...parse(message, body),
    })),
    order(['/tasks/:id/permissions/:permission', 'Allow or refuse'], permission, ({ body, params }) => ({
      do: 'permit',
      permission: params['permission'] ?? '',
      option: parse(permission, body).option,
    })),
    order(['/tasks/:id/questions/:question', 'Answer a question'], answer, ({ body, params }) => ({
      do: 'answer',
      question: params['question'] ?? '',
      text: parse(answer, body).text,
    })),
    ...otherOrders(service),
  ]
}

/** Those that are more than one order to the task of their path. */
function otherOrders(service: TaskService): readonly OrderRoute[] {
  return [
    {
      method: 'POST',
      path: '/tasks/:id/resume',
      summary: 'Let a paused task go on, or resume one that was stopped or interrupted',
      schema: nothing,
      handle: async (call) => {
        parse(nothing, call.body)
        return resume(service, (await sessionOf(service, call)).id)
      },
    },
    {
      method: 'POST',
      path: '/stop',
      summary: 'Stop a task and save it',
      schema: stopNamed,
      handle: async ({ body }) => {
        const { session_id: prefix, mode: how } = parse(stopNamed, body)
        const { id } = await findSession(service.app.store, prefix)
        return send(service, id, { do: 'stop', mode: how })
      },
    },
  ]
}

async function send(service: TaskService, id: string, order: TaskOrder): Promise<Response> {
  if (order.do === 'permit' || order.do === 'answer') await refuseUnasked(service, id, order)
  await service.supervisor.send(id, order)
  if (order.do === 'stop') service.hurry(id)
  return Response.json(await viewOf(service, id))
}

async function refuseUnasked(
  { supervisor }: TaskService,
  id: string,
  order: Extract<TaskOrder, { readonly do: 'permit' | 'answer' }>,
): Promise<void> {
  const { permissions, question } = await supervisor.state(id)
  const asked =
    order.do === 'permit'
      ? permissions.some((open) => open.id === order.permission)
      : question?.id === order.question
  if (asked) return
  throw new ServiceError(409, 'NOTHING_ASKED', 'The task does not ask that, or not any more.')
}

async function resume(service: TaskService, id: string): Promise<Response> {
  const { end } = await service.supervisor.state(id)
  if (end === null) return send(service, id, { do: 'resume' })
  if (!canContinue(end))
    throw new ServiceError(409, 'SESSION_ENDED', `Session ${id} has ended: ${end.message}`)
  await service.goOn(id)
  return Response.json(await viewOf(service, id))
}
