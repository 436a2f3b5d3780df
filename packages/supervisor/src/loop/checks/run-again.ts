import type { CheckSpec, Verdict } from '@agentproxy/plugin'
import type { CheckOutcome } from '../../gate/check-outcome.ts'
import type { CheckPhase } from '../../session/task-event.ts'

/**
 * Runs a check, and again while it fails, at most as often as it says. Two answers on the same files are told as flaky; the
 * last run stands, and the gate decides what flaky is worth. Before the first turn one run is enough.
 */
export async function runAgain(
  check: CheckSpec,
  phase: CheckPhase,
  run: () => Promise<CheckOutcome>,
): Promise<CheckOutcome> {
  const runs: Verdict[] = []
  let outcome = await run()
  runs.push(outcome.verdict)
  const limit = phase === 'baseline' ? 0 : (check.reruns ?? 0)
  while (outcome.verdict === 'fail' && runs.length <= limit) {
    outcome = await run()
    runs.push(outcome.verdict)
  }
  if (runs.length === 1) return outcome
  const flaky = runs.includes('pass')
  const reason = flaky
    ? `flaky, it gave ${runs.join(', ')} on the same files: ${outcome.reason}`
    : `${outcome.reason}, ${runs.length} times`
  return { ...outcome, runs, reason, ...(flaky && { flaky }) }
}
