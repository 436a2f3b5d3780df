import type { CheckResult, Verdict } from '@agentproxy/plugin'
import { type TestCounts, countTests, saysNoTests } from './test-counts.ts'

export interface CommandOutcome {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly endedBy: 'idle' | 'time' | 'stop' | null
  readonly output: string
  readonly timeoutMs: number
  /** It was ended because it wrote more than `maxOutputBytes`. */
  readonly tooMuch: boolean
  readonly maxOutputBytes: number
}

export type Judgement = Pick<CheckResult, 'verdict' | 'reason' | 'tests'>

// POSIX: 126 found but not executable, 127 not found. pytest: 5 no test collected.
const NOT_RUNNABLE: Readonly<Record<number, string>> = {
  126: 'the command could not be executed (exit code 126)',
  127: 'the command was not found (exit code 127)',
}
const PYTEST_NO_TESTS = 5

/** What a finished command proves. Exit code 0 alone is proof only where no test reporter is recognised. */
export function judge(outcome: CommandOutcome): Judgement {
  const tests = countTests(outcome.output)
  const unrunnable = notRun(outcome)
  if (unrunnable !== null) return { verdict: 'error', reason: unrunnable, tests }
  const failed = outcome.exitCode !== 0
  const empty = tests === null ? saysNoTests(outcome.output) : tests.passed + tests.failed === 0
  if (empty && (!failed || outcome.exitCode === PYTEST_NO_TESTS || saysNoTests(outcome.output))) {
    return { verdict: 'vacuous', reason: 'no test ran, so nothing is proved', tests }
  }
  return tests === null ? judgeExit(outcome) : judgeTests(outcome, tests)
}

function notRun(outcome: CommandOutcome): string | null {
  const { exitCode, signal, endedBy, timeoutMs } = outcome
  if (outcome.tooMuch) return `it wrote more than ${outcome.maxOutputBytes} bytes`
  if (endedBy === 'time') return `it did not end within ${timeoutMs} ms`
  if (endedBy !== null) return 'it was stopped before it ended'
  if (signal !== null) return `it was killed by ${signal}`
  return exitCode === null ? 'it ended without an exit code' : (NOT_RUNNABLE[exitCode] ?? null)
}

function judgeExit({ exitCode }: CommandOutcome): Judgement {
  const verdict: Verdict = exitCode === 0 ? 'pass' : 'fail'
  return { verdict, reason: `exit code ${exitCode}`, tests: null }
}

function judgeTests({ exitCode }: CommandOutcome, tests: TestCounts): Judgement {
  const counted = `${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`
  if (exitCode === 0 && tests.failed > 0) {
    return { verdict: 'fail', reason: `exit code 0, but the output reports ${counted}`, tests }
  }
  return { verdict: exitCode === 0 ? 'pass' : 'fail', reason: `exit code ${exitCode}: ${counted}`, tests }
}
