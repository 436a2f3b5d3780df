import type { ReasoningContext } from '@agentproxy/plugin'
import { validateCall } from '../../functions/registry.ts'
import { openPoints } from '../../session/open-points.ts'
import { stuckSignal } from '../../session/stuck.ts'
import type { Action } from '../../session/decide.ts'
import type { ReasonedDecision, Reasoner } from '../reasoner.ts'
import { type TaskRun, contractOf } from '../task-run.ts'

type AskAction = Extract<Action, { readonly do: 'ask-reasoner' }>

/** Asks the reasoner for the next function, lets plugins change it, and logs what holds. */
export async function reasonStep(run: TaskRun, { turn, rulesOnly }: AskAction): Promise<void> {
  const reasoner = rulesOnly ? run.rules : run.reasoner
  const { hooks } = run.host.live
  const context = contextOf(run, turn)
  const verdict = await hooks['reasoning.start']?.({ taskId: run.taskId, reasoner: reasoner.name, context })
  // A plugin that refuses the thinking leaves it to the rules, on what is known.
  const chosen = verdict?.blocked === true ? run.rules : reasoner
  if (verdict?.blocked === true)
    await notice(run, `Reasoning was blocked by plugin ${verdict.plugin}: ${verdict.reason}`)
  const seen = verdict === undefined || verdict.blocked ? context : verdict.payload.context
  const startedAt = performance.now()
  const decision = await ask(run, chosen, seen)
  void hooks['reasoning.complete']?.({
    taskId: run.taskId,
    reasoner: decision.reasoner,
    durationMs: Math.round(performance.now() - startedAt),
    function: decision.function,
    reason: decision.reason,
  })
  for (const text of decision.notices) await notice(run, text)
  const { notices: _notices, ...final } = await askPlugins(run, turn, decision)
  await run.journal.append({ type: 'decision.made', turn, ...final })
}

function ask(run: TaskRun, reasoner: Reasoner, context: ReasoningContext): Promise<ReasonedDecision> {
  return reasoner.decide({ context, state: run.journal.state, signal: run.signal })
}

async function askPlugins(run: TaskRun, turn: number, decision: ReasonedDecision): Promise<ReasonedDecision> {
  const { function: name, arguments: args, reason } = decision
  const verdict = await run.host.live.hooks.decision?.({
    taskId: run.taskId,
    turn,
    function: name,
    arguments: args,
    reason,
  })
  if (verdict?.blocked === true) {
    return nothing(decision, `${name} was blocked by plugin ${verdict.plugin}: ${verdict.reason}`)
  }
  const wanted = verdict?.payload ?? { function: name, arguments: args }
  const call = validateCall(wanted.function, wanted.arguments)
  if (!call.ok)
    return nothing(decision, `A plugin changed the decision to one that is not possible. ${call.problem}`)
  return { ...decision, function: call.function.name, arguments: call.arguments }
}

function nothing(decision: ReasonedDecision, reason: string): ReasonedDecision {
  return { ...decision, function: 'no_op', arguments: {}, reason }
}

function contextOf(run: TaskRun, turn: number): ReasoningContext {
  const { state } = run.journal
  const signal = stuckSignal(state, run.limits)
  return {
    objective: contractOf(run).objective,
    turn,
    agentMessage: state.turns.at(-1)?.message ?? '',
    filesChanged: (state.gate?.changes ?? []).map((change) => change.path),
    checks: Object.values(state.results),
    findings: [
      ...[...(state.gate?.findings ?? []), ...openPoints(state)].map((finding) => finding.detail),
      ...state.refusals,
    ],
    notes: signal === null || run.reasoner === run.rules ? [] : [signal.text],
  }
}

function notice(run: TaskRun, text: string): Promise<void> {
  return run.journal.append({ type: 'notice', level: 'warn', text })
}
