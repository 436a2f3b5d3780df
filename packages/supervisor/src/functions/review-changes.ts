import { z } from 'zod'
import type { ReviewIssue } from '../session/task-event.ts'
import { startingTree } from '../session/session-state.ts'
import { patchBetween } from '../workspace/tree-diff.ts'
import { type FunctionContext, type FunctionOutcome, defineFunction } from './supervisor-function.ts'

const MAX_PATCH = 200_000

const reviewSchema = z.object({
  issues: z
    .array(
      z.object({
        severity: z.enum(['blocking', 'note']),
        file: z.string().nullable().default(null),
        problem: z.string().trim().min(1).max(2000),
        suggestion: z.string().max(2000).default(''),
      }),
    )
    .max(50),
})

export const reviewChanges = defineFunction({
  name: 'review_changes',
  aliases: [],
  description:
    'Have a model review the changes. What it finds blocking goes to the agent with its next prompt and stands in the way of mark_done on these files.',
  parameters: z.object({ focus: z.string().trim().min(1).max(2000).optional() }),
  run: ({ focus = null }, context) => review(focus, context),
})

async function review(focus: string | null, context: FunctionContext): Promise<FunctionOutcome> {
  const { state, workspace } = context
  const { contract } = state
  if (contract?.reviews === false) return refused('Reviews are switched off for this task.')
  const model = contract?.reasonerModel ?? contract?.model ?? null
  if (model === null) return refused('There is no model to review with. Name one with --reasoner-model.')
  const { tree } = await workspace.snapshot()
  const patch = await patchBetween(workspace, { from: startingTree(state) ?? tree, to: tree })
  if (patch === '') return refused('No file has changed, so there is nothing to review.')
  const changes = patch.length > MAX_PATCH ? `${patch.slice(0, MAX_PATCH)}\n(cut)` : patch
  const answer = await context.askModel('review', model, { objective: contract?.objective, focus, changes })
  if (!answer.ok) return refused(`The model ${model} gave no review: ${answer.problem}`)
  const parsed = reviewSchema.safeParse(answer.value)
  if (!parsed.success)
    return refused(`The review of ${model} is not as asked for: ${z.prettifyError(parsed.error)}`)
  const { issues } = parsed.data
  await context.append({ type: 'review.finished', turn: state.turns.length, model, tree, issues })
  return {
    ok: true,
    result: issues.length === 0 ? 'The review found no problem.' : issues.map(line).join('\n'),
    tree: null,
  }
}

function line({ severity, file, problem, suggestion }: ReviewIssue): string {
  return `${severity}: ${file === null ? '' : `${file}: `}${problem} ${suggestion}`.trim()
}

function refused(result: string): FunctionOutcome {
  return { ok: false, result, tree: null }
}
