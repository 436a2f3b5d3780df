import { z } from 'zod'
import { openPoints } from '../session/open-points.ts'
import { type FunctionContext, type FunctionOutcome, defineFunction } from './supervisor-function.ts'

export const markDone = defineFunction({
  name: 'mark_done',
  aliases: [],
  description:
    'End the task as done. Refused unless every required check passed on the files as they are now.',
  parameters: z.object({ summary: z.string().optional() }),
  run: ({ summary }, context) => proveDone(summary, context),
})

async function proveDone(summary: string | undefined, context: FunctionContext): Promise<FunctionOutcome> {
  const { state, workspace } = context
  const { gate } = state
  if (gate === null || !gate.accepted) {
    const why = (gate?.findings ?? []).filter((finding) => finding.blocking).map((finding) => finding.detail)
    return {
      ok: false,
      result: `Refused, the task is not proved done: ${why.join(' ')}`,
      tree: gate?.tree ?? null,
    }
  }
  const open = openPoints(state).map(({ detail }) => detail)
  if (open.length > 0)
    return { ok: false, result: `Refused, not everything is settled: ${open.join(' ')}`, tree: gate.tree }
  const before = await workspace.snapshot()
  if (before.tree !== gate.tree) return changed(before.tree)
  const verdict = await context.guardDone({
    taskId: context.taskId,
    summary: summary ?? state.turns.at(-1)?.message ?? '',
    treeHash: gate.tree,
    evidence: Object.values(state.results),
    filesChanged: gate.changes.map((change) => change.path),
  })
  if (verdict.blocked) {
    return {
      ok: false,
      result: `Done was blocked by plugin ${verdict.plugin}: ${verdict.reason}`,
      tree: gate.tree,
    }
  }
  // A guard takes its time, and files may change meanwhile.
  const after = await workspace.snapshot()
  return after.tree === gate.tree ? { ok: true, result: 'Done.', tree: gate.tree } : changed(after.tree)
}

function changed(tree: string): FunctionOutcome {
  return { ok: false, result: 'Files changed after the checks ran; they run again.', tree }
}
