import type { CheckResult } from '@agentproxy/plugin'

/** What one run of a check showed, without what it ran on. */
export type CheckOutcome = Omit<CheckResult, 'check' | 'required' | 'treeHash'>

// Characters of output kept in a result and shown to the agent.
const TAIL_CHARACTERS = 8 * 1024

/** The end of a check's output. */
export function tailOf(output: string): string {
  return output.slice(-TAIL_CHARACTERS)
}

/** The outcome of a check that did not run. */
export function notRun(verdict: 'error' | 'skipped', reason: string, command: string | null): CheckOutcome {
  return { ...decided(verdict, reason), command }
}

/** The outcome of a check that is no command. */
export function decided(verdict: CheckResult['verdict'], reason: string): CheckOutcome {
  return {
    verdict,
    reason,
    command: null,
    exitCode: null,
    outputTail: '',
    outputFile: null,
    durationMs: 0,
    tests: null,
  }
}
