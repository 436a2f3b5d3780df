import type { CheckResult, CheckSpec } from '@agentproxy/plugin'

/**
 * Whether a check that fails is one the task leaves as it was: declared so, failing before the first turn, and no worse
 * now. Without counted tests one failure is as bad as another.
 */
export function isKnownFailing(
  check: CheckSpec,
  result: CheckResult,
  before: CheckResult | undefined,
): boolean {
  if (check.knownFailing !== 'tell' || result.verdict !== 'fail' || before?.verdict !== 'fail') return false
  if (before.tests === null) return true
  if (result.tests === null) return false
  return result.tests.failed <= before.tests.failed && result.tests.passed >= before.tests.passed
}
