/** Every threshold of the loop in one place. Counts unless a name says otherwise. */
export interface LoopLimits {
  /** Agent errors in a row that end the task. */
  readonly agentErrors: number
  /** Wait before trying a failed turn again: this times 2 for each failure before. */
  readonly retryBaseMs: number
  readonly retryMaxMs: number
  /** Turns in a row without a changed file: first a nudge, then stuck. */
  readonly idleTurns: number
  /** Turns in a row whose checks failed with the same output. */
  readonly sameFailureTurns: number
  /** The same, once the agent was nudged. */
  readonly sameFailureTurnsAfterNudge: number
  /** Identical tool calls with identical results in a row that interrupt a turn. */
  readonly repeatedCalls: number
  /** How often checks run again because they changed the tree they had to prove. */
  readonly rechecks: number
  /** Functions between two turns before the rules decide alone. */
  readonly functionsPerTurn: number
  /** Decisions of the rules after that which still lead nowhere before the task counts as stuck. */
  readonly forcedFunctions: number
}

export const defaultLimits: LoopLimits = Object.freeze({
  agentErrors: 3,
  retryBaseMs: 1_000,
  retryMaxMs: 30_000,
  idleTurns: 2,
  sameFailureTurns: 3,
  sameFailureTurnsAfterNudge: 2,
  repeatedCalls: 5,
  rechecks: 2,
  functionsPerTurn: 8,
  forcedFunctions: 3,
})
