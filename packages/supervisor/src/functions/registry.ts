import { z } from 'zod'
import { askHuman } from './ask-human.ts'
import { runCheck, runTests, verifyProduct } from './check-again.ts'
import { checkServer } from './check-server.ts'
import { diff } from './diff.ts'
import { markDone } from './mark-done.ts'
import { readFileFunction } from './read-file.ts'
import { reviewChanges } from './review-changes.ts'
import { rollback } from './rollback.ts'
import { saveSession } from './save-session.ts'
import { search } from './search.ts'
import { completeTask, createTask, updateTask } from './subtasks.ts'
import { type SupervisorFunction, defineFunction } from './supervisor-function.ts'
import { verifyCode } from './verify-code.ts'

const noOp = defineFunction({
  name: 'no_op',
  aliases: [],
  description: 'Do nothing and think again.',
  parameters: z.object({}),
  run: () => ({ ok: true, result: 'Nothing was done.', tree: null }),
})

const sendToAgent = defineFunction({
  name: 'send_to_agent',
  aliases: ['send_to_claude'],
  description:
    'Give the agent its next instruction. It continues the same conversation and remembers what was said.',
  parameters: z.object({ instruction: z.string().trim().min(1) }),
  run: ({ instruction }) => ({ ok: true, result: instruction, tree: null }),
})

/** Every function a reasoner may choose. */
export const supervisorFunctions: readonly SupervisorFunction[] = [
  noOp,
  sendToAgent,
  runCheck,
  runTests,
  verifyProduct,
  verifyCode,
  checkServer,
  reviewChanges,
  readFileFunction,
  search,
  diff,
  rollback,
  createTask,
  updateTask,
  completeTask,
  saveSession,
  askHuman,
  markDone,
]

/** The function of that name or alias; null when there is none. */
function findFunction(name: string): SupervisorFunction | null {
  return supervisorFunctions.find((item) => item.name === name || item.aliases.includes(name)) ?? null
}

export type ValidCall =
  | {
      readonly ok: true
      readonly function: SupervisorFunction
      readonly arguments: Readonly<Record<string, unknown>>
    }
  | { readonly ok: false; readonly problem: string }

/** Checks a function's name and arguments, as a model or a plugin gave them. */
export function validateCall(name: string, args: unknown): ValidCall {
  const found = findFunction(name)
  if (found === null) return { ok: false, problem: `There is no function ${name}.` }
  const parsed = found.parameters.safeParse(args)
  if (!parsed.success) return { ok: false, problem: `Arguments of ${name}: ${z.prettifyError(parsed.error)}` }
  return { ok: true, function: found, arguments: parsed.data }
}
