import type { LoopLimits } from './limits.ts'
import type { SessionState, TurnRecord } from './session-state.ts'

export interface StuckSignal {
  /** Reason of the outcome `stuck` if it comes again after the nudge. */
  readonly reason: 'no_progress' | 'same_failure' | 'alternating' | 'repeated_calls'
  /** What is told to the agent and to people. */
  readonly text: string
}

/** Whether the turns so far, or those since the nudge, lead nowhere. Turns that ended in an agent error are left out. */
export function stuckSignal(state: SessionState, limits: LoopLimits): StuckSignal | null {
  const nudged = state.nudgedTurn
  const turns = state.turns.filter(
    (turn) => turn.endTree !== null && turn.error === null && (nudged === null || turn.turn >= nudged),
  )
  return (
    repeatedCalls(turns, limits) ??
    noProgress(turns, limits) ??
    alternating(turns) ??
    sameFailure(turns, nudged === null ? limits.sameFailureTurns : limits.sameFailureTurnsAfterNudge)
  )
}

function noProgress(turns: readonly TurnRecord[], limits: LoopLimits): StuckSignal | null {
  const last = turns.slice(-limits.idleTurns)
  if (last.length < limits.idleTurns || last.some((turn) => turn.startTree !== turn.endTree)) return null
  return { reason: 'no_progress', text: `The last ${limits.idleTurns} turns changed no file.` }
}

function alternating(turns: readonly TurnRecord[]): StuckSignal | null {
  const trees = turns.slice(-4).map((turn) => turn.endTree)
  const [a, b, c, d] = trees
  if (trees.length < 4 || a !== c || b !== d || a === b) return null
  return {
    reason: 'alternating',
    text: 'The last four turns went back and forth between the same two states of the files.',
  }
}

function sameFailure(turns: readonly TurnRecord[], needed: number): StuckSignal | null {
  const last = turns.slice(-needed)
  const failure = last[0]?.failure ?? null
  if (last.length < needed || failure === null || last.some((turn) => turn.failure !== failure)) return null
  return { reason: 'same_failure', text: `The checks failed ${needed} turns in a row with the same output.` }
}

function repeatedCalls(turns: readonly TurnRecord[], limits: LoopLimits): StuckSignal | null {
  const last = turns.at(-1)
  if (last === undefined || !isLooping(last, limits)) return null
  return {
    reason: 'repeated_calls',
    text: `The same tool call gave the same result ${limits.repeatedCalls} times in a row.`,
  }
}

/** Whether the turn repeats one tool call without effect and should be interrupted. */
export function isLooping(turn: TurnRecord, limits: LoopLimits): boolean {
  return turn.repeated.count >= limits.repeatedCalls
}
