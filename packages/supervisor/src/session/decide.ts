import type { CheckSpec, FunctionArguments, TaskOutcome } from '@agentproxy/plugin'
import { isKnownFailing } from '../gate/known-failing.ts'
import { type LoopLimits, defaultLimits } from './limits.ts'
import { nextChecks } from './next-checks.ts'
import { firstPrompt, withMessages, withNotes } from './prompt.ts'
import { type SessionState, type UsedUpBudget, isWaiting, openTurn } from './session-state.ts'
import { stuckSignal } from './stuck.ts'
import type { CheckPhase, Finding, TaskContract } from './task-event.ts'

/** What the shell has to do next. */
export type Action =
  | { readonly do: 'begin' }
  | { readonly do: 'open-workspace' }
  /** Several at once only where all of them may run beside others. */
  | {
      readonly do: 'run-checks'
      readonly phase: CheckPhase
      readonly turn: number
      readonly checks: readonly CheckSpec[]
    }
  | {
      readonly do: 'start-turn'
      readonly turn: number
      readonly prompt: string
      readonly delayMs: number
      /** Numbers of the orders whose messages are in the prompt. */
      readonly messages: readonly number[]
    }
  /** For a person, or until a moment, whichever comes first. */
  | { readonly do: 'wait'; readonly for: 'resume' | 'answer' | 'limit'; readonly until: number | null }
  | { readonly do: 'evaluate-gate'; readonly turn: number }
  /** `rulesOnly`: the configured reasoner had its chances between two turns. */
  | { readonly do: 'ask-reasoner'; readonly turn: number; readonly rulesOnly: boolean }
  | {
      readonly do: 'run-function'
      readonly turn: number
      readonly function: string
      readonly arguments: FunctionArguments
    }
  | {
      readonly do: 'finish'
      readonly outcome: TaskOutcome
      readonly reason: string
      readonly message: string
    }
  | { readonly do: 'nothing' }

/** The next action for a state at a moment (`now`, milliseconds since 1970). Pure. */
export function decide(state: SessionState, now: number, limits: LoopLimits = defaultLimits): Action {
  const { contract } = state
  if (state.end !== null || contract === null) return { do: 'nothing' }
  const held = heldBack(state, contract, now)
  if (held !== null) return held
  if (state.stage === 'created') return { do: 'begin' }
  if (state.stage === 'started') return { do: 'open-workspace' }
  const spoken = state.messages.length > 0 && !turnsUsedUp(state, contract)
  if (state.markedDone !== null && !spoken) return finishDone(state, contract)
  if (state.usedUp !== null) return cappedSpending(state.usedUp)
  const timeUp = remainingMs(state, now) === 0
  if (timeUp)
    return finish('capped', 'max_time', `The time budget of ${contract.budgets.maxTimeMs} ms is used up.`)
  const unproved = nextChecks(contract.checks, state.baseline)
  if (state.turns.length === 0 && unproved.length > 0) {
    return { do: 'run-checks', phase: 'baseline', turn: 0, checks: unproved }
  }
  if (spoken || openTurn(state) !== null) return turnFor(state, contract)
  return afterPreparation(state, contract, limits)
}

/** What keeps the task from going on: a person who stopped or paused it, a question, a rate limit; null = nothing. */
function heldBack(state: SessionState, contract: TaskContract, now: number): Action | null {
  const { stop, paused, question, limitedUntil } = state
  if (stop !== null) return finish('cancelled', 'stopped', 'The task was stopped. Resume it to go on.')
  if (paused) return { do: 'wait', for: 'resume', until: null }
  if (question !== null) {
    const until = question.askedAt + contract.answerMs
    return now >= until ? needsInput(question.question) : { do: 'wait', for: 'answer', until }
  }
  if (limitedUntil === null) return null
  const when = new Date(limitedUntil).toISOString()
  const limited = finish('failed', 'rate_limited', `A rate limit stands until ${when}. Resume the task then.`)
  // Waited for once: a limit that stands after its own reset time is an error like any other.
  if (state.limitWaits > 1) return limited
  if (now >= limitedUntil) return null
  return contract.waitsForLimit ? { do: 'wait', for: 'limit', until: limitedUntil } : limited
}

/** The end for want of an answer. */
export function needsInput(question: string): Extract<Action, { readonly do: 'finish' }> {
  return {
    do: 'finish',
    outcome: 'blocked',
    reason: 'needs_input',
    message: `Nobody answered: ${question} Answer it, then resume the task.`,
  }
}

/** A turn that goes on, or one that a person's words begin; they go before all checks. */
function turnFor(state: SessionState, contract: TaskContract): Action {
  const open = openTurn(state)
  const known = state.turns.length > 0 && state.conversationId !== null
  const base = open?.prompt ?? state.instruction ?? (known ? null : firstPrompt(contract))
  const said = state.messages.map(({ text }) => text)
  return {
    do: 'start-turn',
    turn: open?.turn ?? state.turns.length + 1,
    prompt: withNotes(withMessages(base, said), state.notes, null),
    delayMs: 0,
    messages: state.messages.map(({ number }) => number),
  }
}

function afterPreparation(state: SessionState, contract: TaskContract, limits: LoopLimits): Action {
  const last = state.turns.at(-1)
  if (last === undefined) return startTurn(state, contract, limits)
  if (last.error !== null) return afterAgentError(state, contract, limits)
  const unchecked = nextChecks(contract.checks, state.results)
  if (unchecked.length > 0 && (state.gate === null || mayRecheck(state, limits))) {
    return { do: 'run-checks', phase: 'turn', turn: last.turn, checks: unchecked }
  }
  if (state.gate === null || mayRecheck(state, limits)) return { do: 'evaluate-gate', turn: last.turn }
  if (state.instruction !== null) return startTurn(state, contract, limits)
  if (state.decision !== null) return { do: 'run-function', turn: last.turn, ...state.decision }
  return askReasoner(state, contract, limits)
}

// The gate found evidence of another tree and the checks may still run again.
function mayRecheck(state: SessionState, limits: LoopLimits): boolean {
  const stale = state.gate?.findings.some((finding) => finding.code === 'stale-evidence') ?? false
  return stale && state.rechecks <= limits.rechecks
}

function askReasoner(state: SessionState, contract: TaskContract, limits: LoopLimits): Action {
  const turn = state.turns.length
  const blocking = (state.gate?.findings ?? []).filter((finding) => finding.blocking)
  const accepted = state.gate?.accepted === true
  if (contract.verifies === false) {
    const message = 'The agent ended its turn. Nothing was checked, as was asked, so nothing is proved.'
    return finish('unverified', 'not_verified', message)
  }
  if (!accepted && blocking.length > 0 && blocking.every((finding) => finding.code === 'no-checks')) {
    return finish(
      'failed',
      'no_checks',
      'The agent ended its turn, but no check proves the result. Give one with --check.',
    )
  }
  // Without acceptance only another turn could help; do not ask when there is none.
  if (!accepted && turnsUsedUp(state, contract)) return cappedTurns(contract, blocking)
  if (state.functions.length >= limits.functionsPerTurn + limits.forcedFunctions) {
    return finish('stuck', 'no_decision', 'The decisions taken after the last turn led nowhere.')
  }
  return { do: 'ask-reasoner', turn, rulesOnly: state.functions.length >= limits.functionsPerTurn }
}

function afterAgentError(state: SessionState, contract: TaskContract, limits: LoopLimits): Action {
  const last = state.turns.at(-1)
  const error = last?.error
  if (last === undefined || error === null || error === undefined) return { do: 'nothing' }
  if (error.code === 'time') return finish('capped', 'max_time', error.message)
  const times = state.agentErrors === 1 ? '' : ` (${state.agentErrors} times in a row)`
  const failed = finish('failed', 'agent_errors', `The agent failed${times}: ${error.message}`)
  if (!error.retryable || state.agentErrors >= limits.agentErrors || turnsUsedUp(state, contract))
    return failed
  const delayMs = Math.min(limits.retryMaxMs, limits.retryBaseMs * 2 ** (state.agentErrors - 1))
  const prompt = withNotes(last.prompt, state.notes, null)
  return { do: 'start-turn', turn: last.turn + 1, prompt, delayMs, messages: [] }
}

function startTurn(state: SessionState, contract: TaskContract, limits: LoopLimits): Action {
  if (turnsUsedUp(state, contract)) {
    return cappedTurns(
      contract,
      (state.gate?.findings ?? []).filter((finding) => finding.blocking),
    )
  }
  const signal = stuckSignal(state, limits)
  if (signal !== null && state.nudgedTurn !== null) {
    return finish('stuck', signal.reason, `${signal.text} A nudge to try another approach did not help.`)
  }
  const first = firstPrompt(contract, state.workDir ?? contract.workingDir)
  const base = state.turns.length === 0 ? first : (state.instruction ?? first)
  return {
    do: 'start-turn',
    turn: state.turns.length + 1,
    prompt: withNotes(base, state.notes, signal),
    delayMs: 0,
    messages: [],
  }
}

function finishDone(state: SessionState, contract: TaskContract): Action {
  const required = contract.checks.filter((check) => check.required)
  const proved = required.filter((check) => {
    const result = state.results[check.name]
    return result?.verdict === 'pass' && result.treeHash === state.markedDone
  })
  const asBefore = required.filter((check) => {
    const result = state.results[check.name]
    return result !== undefined && isKnownFailing(check, result, state.baseline[check.name])
  })
  const bound = state.gate?.accepted === true && state.gate.tree === state.markedDone
  if (!bound || proved.length === 0 || proved.length + asBefore.length < required.length) {
    return finish('failed', 'internal_error', 'The task was marked done without proof on the current files.')
  }
  const names = proved.map((check) => check.name).join(', ')
  return finish('done', 'verified', `Verified: ${names} passed on tree ${state.markedDone?.slice(0, 12)}.`)
}

function turnsUsedUp(state: SessionState, contract: TaskContract): boolean {
  const { maxTurns } = contract.budgets
  return maxTurns !== null && state.turns.length >= maxTurns
}

function cappedTurns(contract: TaskContract, blocking: readonly Finding[]): Action {
  const why = blocking[0] === undefined ? '' : ` Last: ${blocking[0].detail}`
  return finish('capped', 'max_turns', `The budget of ${contract.budgets.maxTurns} turns is used up.${why}`)
}

function cappedSpending({ reason, spent, budget }: UsedUpBudget): Action {
  const say = (amount: number): string =>
    reason === 'max_cost' ? `$${Number(amount.toFixed(4))}` : `${amount} tokens`
  return finish('capped', reason, `The budget of ${say(budget)} is used up: ${say(spent)} spent.`)
}

function finish(outcome: TaskOutcome, reason: string, message: string): Action {
  return { do: 'finish', outcome, reason, message }
}

/** Milliseconds left of the time budget; Infinity without one. */
export function remainingMs(state: SessionState, now: number): number {
  const limit = state.contract?.budgets.maxTimeMs ?? null
  if (limit === null) return Infinity
  const since = isWaiting(state) ? 0 : Math.max(0, now - state.lastAt)
  return Math.max(0, limit - state.activeMs - since)
}
