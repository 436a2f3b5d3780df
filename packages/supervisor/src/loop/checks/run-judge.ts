import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { CheckResult, JudgeCheckSpec, RequirementVerdict } from '@agentproxy/plugin'
import { type CheckOutcome, decided, notRun, tailOf } from '../../gate/check-outcome.ts'
import { readVerdicts } from '../../gate/read-verdicts.ts'
import { startingTree } from '../../session/session-state.ts'
import { fileInTree, patchBetween } from '../../workspace/tree-diff.ts'
import type { ModelMessage } from '../model-asker.ts'
import { readPrompt } from '../prompts.ts'
import { within } from '../within.ts'
import { type TaskRun, contractOf, workspaceOf } from '../task-run.ts'

// Characters of the patch and of each check's output that are shown.
const MAX_PATCH = 200_000
const MAX_OUTPUT = 4000
// An answer that is none is pointed out once.
const ATTEMPTS = 2

export interface JudgeCall {
  readonly tree: string
  readonly file: string
  readonly limitMs: number
}

/** Asks a model whether the changes meet the requirements. It sees commands that passed, and can only say no to the result. */
export async function runJudge(run: TaskRun, check: JudgeCheckSpec, call: JudgeCall): Promise<CheckOutcome> {
  const { state } = run.journal
  const contract = contractOf(run)
  if (state.turns.length === 0)
    return notRun('skipped', 'nothing has been done yet that could be judged', null)
  const failing = contract.checks.find((one) => one.required && stopsJudging(state.results[one.name]))
  if (failing !== undefined)
    return notRun('skipped', `${failing.name} has not passed, which no judge can overrule`, null)
  const model = check.model ?? contract.reasonerModel ?? contract.model
  if (model === null)
    return notRun('error', 'it has no model. Name one: `model:` of the check, or --reasoner-model', null)
  const requirements = check.requirements.length === 0 ? [contract.objective] : check.requirements
  const startedAt = performance.now()
  const outcome = await within({ limitMs: call.limitMs, signal: run.signal }, (signal) =>
    askJudge(run, { model, requirements, tree: call.tree, signal }),
  ).catch((error: unknown) => {
    run.signal.throwIfAborted()
    return decided('error', error instanceof Error ? error.message : String(error))
  })
  return {
    ...outcome,
    outputFile: await keep(call.file, outcome.outputTail),
    outputTail: tailOf(outcome.outputTail),
    durationMs: Math.round(performance.now() - startedAt),
  }
}

function stopsJudging(result: CheckResult | undefined): boolean {
  return result !== undefined && result.verdict !== 'pass'
}

interface JudgeQuestion {
  readonly model: string
  readonly requirements: readonly string[]
  readonly tree: string
  readonly signal: AbortSignal
}

async function askJudge(run: TaskRun, question: JudgeQuestion): Promise<CheckOutcome> {
  const workspace = await workspaceOf(run)
  const messages = await messagesFor(run, question)
  let problem = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { model, requirements, tree, signal } = question
    const again: readonly ModelMessage[] =
      attempt === 0
        ? []
        : [{ role: 'user', content: `Your answer does not count: ${problem}. Answer again.` }]
    const answer = await run.asker.ask({ model, messages: [...messages, ...again], signal })
    if (!answer.ok) {
      problem = answer.problem
      continue
    }
    const read = await readVerdicts(answer.value, requirements, (path) => fileInTree(workspace, tree, path))
    if (read.ok) return outcomeOf(read.verdicts)
    problem = read.problem
  }
  return decided('error', `the model ${question.model} gave no judgement that counts: ${problem}`)
}

function outcomeOf(verdicts: readonly RequirementVerdict[]): CheckOutcome {
  const unmet = verdicts.filter((one) => !one.met)
  const reason =
    unmet[0] === undefined
      ? `${verdicts.length} requirements are met`
      : `not met: ${unmet.map((one) => `${one.requirement.slice(0, 200)} (${one.evidence})`).join('; ')}`
  const lines = verdicts.map(
    ({ requirement, met, evidence, file }) =>
      `${met ? 'met' : 'NOT MET'}: ${requirement}\n  ${file === null ? '' : `${file}: `}${evidence}`,
  )
  return {
    ...decided(unmet.length === 0 ? 'pass' : 'fail', reason),
    outputTail: lines.join('\n'),
    requirements: verdicts,
  }
}

async function messagesFor(
  run: TaskRun,
  { requirements, tree }: JudgeQuestion,
): Promise<readonly ModelMessage[]> {
  const { state } = run.journal
  const workspace = await workspaceOf(run)
  const patch = await patchBetween(workspace, { from: startingTree(state) ?? tree, to: tree })
  const seen = {
    objective: contractOf(run).objective,
    requirements: requirements.map((text, at) => ({ number: at + 1, text })),
    checks: Object.values(state.results).map(({ check, verdict, reason, outputTail }) => ({
      check,
      verdict,
      reason,
      output: outputTail.slice(-MAX_OUTPUT),
    })),
    changes: patch.length > MAX_PATCH ? `${patch.slice(0, MAX_PATCH)}\n(cut)` : patch,
  }
  return [
    { role: 'system', content: await readPrompt(run, 'judge') },
    { role: 'user', content: JSON.stringify(seen, null, 2) },
  ]
}

async function keep(file: string, output: string): Promise<string | null> {
  if (output === '') return null
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, output, { mode: 0o600 })
  return file
}
