import { z } from 'zod'
import { type Subtask, isOpen } from '../session/subtask.ts'
import { type FunctionContext, type FunctionOutcome, defineFunction } from './supervisor-function.ts'

const text = z.string().trim().min(1).max(2000)
const id = z.string().trim().min(1)

export const createTask = defineFunction({
  name: 'create_task',
  aliases: [],
  description: 'Note a sub-task. The task cannot be done while one is open; close it with complete_task.',
  parameters: z.object({ title: text, note: text.optional() }),
  run: ({ title, note = '' }, context) => {
    const subtask = { id: `s${context.state.subtasks.length + 1}`, title, note, status: 'open' } as const
    return keep(context, subtask, `Sub-task ${subtask.id} is noted.`)
  },
})

export const updateTask = defineFunction({
  name: 'update_task',
  aliases: [],
  description: 'Change a sub-task: its title, its note, or whether it is open, in_progress or blocked.',
  parameters: z.object({
    id,
    title: text.optional(),
    note: text.optional(),
    status: z.enum(['open', 'in_progress', 'blocked']).optional(),
  }),
  run: (args, context) =>
    withSubtask(context, args.id, (before) => {
      const { title = before.title, note = before.note, status = before.status } = args
      return keep(context, { ...before, title, note, status }, `Sub-task ${args.id} is changed.`)
    }),
})

export const completeTask = defineFunction({
  name: 'complete_task',
  aliases: [],
  description: 'Close a sub-task: completed, or cancelled if it turned out not to be needed.',
  parameters: z.object({ id, note: text.optional(), status: z.enum(['completed', 'cancelled']).optional() }),
  run: (args, context) =>
    withSubtask(context, args.id, (before) => {
      const { note = before.note, status = 'completed' } = args
      return keep(context, { ...before, note, status }, `Sub-task ${args.id} is ${status}.`)
    }),
})

function withSubtask(
  { state }: FunctionContext,
  wanted: string,
  act: (subtask: Subtask) => Promise<FunctionOutcome>,
): Promise<FunctionOutcome> {
  const found = state.subtasks.find((subtask) => subtask.id === wanted)
  if (found !== undefined) return act(found)
  const open = state.subtasks.filter(isOpen).map((subtask) => subtask.id)
  const known = open.length === 0 ? 'None is open.' : `Open: ${open.join(', ')}.`
  return Promise.resolve({ ok: false, result: `There is no sub-task ${wanted}. ${known}`, tree: null })
}

async function keep(context: FunctionContext, subtask: Subtask, result: string): Promise<FunctionOutcome> {
  await context.append({ type: 'subtask.changed', turn: context.state.turns.length, subtask })
  return { ok: true, result, tree: null }
}
