import type { CheckResult, CheckSpec } from '@agentproxy/plugin'
import type { ChangedFile, Finding } from '../session/task-event.ts'
import { isKnownFailing } from './known-failing.ts'

export interface GateInput {
  readonly checks: readonly CheckSpec[]
  readonly results: Readonly<Record<string, CheckResult>>
  readonly baseline: Readonly<Record<string, CheckResult>>
  /** Trees on which each check failed so far. */
  readonly failedOn: Readonly<Record<string, readonly string[]>>
  /** The tree as it is now. */
  readonly tree: string
  /** Against the tree before the first turn. */
  readonly changes: readonly ChangedFile[]
  readonly tampering: readonly Finding[]
  readonly expectsChange: boolean
  /** Whether tests may be deleted, skipped or made fewer: it is told, but stands in no way. */
  readonly allowsTestChanges: boolean
  /** Whether any turn changed a file; what only the checks wrote does not count. */
  readonly worked: boolean
}

export interface GateVerdict {
  readonly accepted: boolean
  readonly findings: readonly Finding[]
}

/** Whether the evidence proves the task done on exactly this tree, and if not, all that is missing. */
export function evaluateGate(input: GateInput): GateVerdict {
  const required = input.checks.filter((check) => check.required)
  const findings: Finding[] = []
  if (required.length === 0)
    findings.push(blocking('no-checks', 'No check is configured, so nothing can prove the result.'))
  for (const check of required) findings.push(...judgeCheck(check, input))
  if (required.length > 0 && required.every((check) => leftAsItWas(check, input)))
    findings.push(
      blocking('no-checks', 'Every required check fails as it did before, so nothing proves the result.'),
    )
  if (input.expectsChange && (input.changes.length === 0 || !input.worked)) {
    findings.push(
      blocking(
        'no-change',
        'You changed nothing: after your turns no file differs from before the first one.',
      ),
    )
  }
  findings.push(...input.tampering)
  const final = input.allowsTestChanges ? findings.map(waived) : findings
  return { accepted: !final.some((finding) => finding.blocking), findings: final }
}

const ABOUT_TESTS: ReadonlySet<Finding['code']> = new Set([
  'tests-deleted',
  'tests-skipped',
  'tests-fewer',
  'tests-weakened',
  'tests-changed',
  'test-command-changed',
  'exit-code-hidden',
  'coverage-lowered',
])

/** What is about the tests themselves is noticed only. */
function waived(finding: Finding): Finding {
  return ABOUT_TESTS.has(finding.code) ? { ...finding, blocking: false } : finding
}

function judgeCheck(check: CheckSpec, input: GateInput): readonly Finding[] {
  const result = input.results[check.name]
  if (result === undefined) return [blocking('check-missing', `${check.name}: it has not run.`)]
  if (result.treeHash !== input.tree) {
    const why = 'the files changed while or after it ran, so it proves nothing about them as they are'
    return [
      blocking('stale-evidence', `${check.name}: ${why}. Ignore generated files or write them elsewhere.`),
    ]
  }
  const before = input.baseline[check.name]
  if (leftAsItWas(check, input)) {
    const detail = `${check.name}: it fails as it did before the first turn (${result.reason}).`
    return [{ code: 'check-known-failing', blocking: false, detail, paths: [] }]
  }
  const finding = verdictFinding(check, result, before)
  if (finding !== null) return [finding]
  return [...flakiness(check, result, input), ...fewerTests(check, result, before)]
}

function leftAsItWas(check: CheckSpec, { results, baseline }: GateInput): boolean {
  const result = results[check.name]
  return result !== undefined && isKnownFailing(check, result, baseline[check.name])
}

// A person may change their mind; everything else that gives two answers on the same files proves neither.
function flakiness(check: CheckSpec, result: CheckResult, input: GateInput): readonly Finding[] {
  const failedHere = input.failedOn[check.name]?.includes(input.tree) ?? false
  if (check.kind === 'human' || !(result.flaky === true || failedHere)) return []
  const detail = `${check.name}: it is flaky, it failed and passed on the same files. Make it give one answer.`
  return [{ code: 'check-flaky', blocking: check.flaky !== 'tell', detail, paths: [] }]
}

function verdictFinding(
  check: CheckSpec,
  result: CheckResult,
  before: CheckResult | undefined,
): Finding | null {
  const old =
    before !== undefined && before.verdict !== 'pass' && before.verdict !== 'skipped'
      ? ' It did not pass before the first turn either.'
      : ''
  const what = result.command === null ? 'it' : `\`${result.command}\``
  switch (result.verdict) {
    case 'pass':
      return null
    case 'fail':
      return blocking('check-failed', `${check.name}: ${what} failed (${result.reason}).${old}`)
    case 'vacuous':
      return blocking('check-vacuous', `${check.name}: ${what} proved nothing (${result.reason}).${old}`)
    case 'error':
      return blocking('check-error', `${check.name}: ${what} could not run (${result.reason}).${old}`)
    case 'skipped':
      return blocking('check-missing', `${check.name}: it was skipped (${result.reason}).`)
    default:
      return result.verdict satisfies never
  }
}

function fewerTests(
  check: CheckSpec,
  result: CheckResult,
  before: CheckResult | undefined,
): readonly Finding[] {
  if (before?.tests === null || before?.tests === undefined || result.tests === null) return []
  const was = before.tests.passed + before.tests.failed
  const now = result.tests.passed + result.tests.failed
  if (now >= was) return []
  return [blocking('tests-fewer', `${check.name}: only ${now} tests ran, ${was} ran before the first turn.`)]
}

function blocking(code: Finding['code'], detail: string): Finding {
  return { code, blocking: true, detail, paths: [] }
}
