import type { CheckResult, CheckSpec } from '@agentproxy/plugin'

// A model and a person are asked last, once there is something to be asked about.
const LAST: readonly CheckSpec['kind'][] = ['judge', 'human']

/** Which checks without a result run next: one, or as many as may run beside each other. */
export function nextChecks(
  checks: readonly CheckSpec[],
  results: Readonly<Record<string, CheckResult>>,
): readonly CheckSpec[] {
  const open = checks
    .filter((check) => results[check.name] === undefined)
    .toSorted((a, b) => LAST.indexOf(a.kind) - LAST.indexOf(b.kind))
  const [first] = open
  if (first === undefined) return []
  if (!mayRunBeside(first)) return [first]
  return open.filter(mayRunBeside)
}

function mayRunBeside(check: CheckSpec): boolean {
  return check.parallel === true && !LAST.includes(check.kind)
}
