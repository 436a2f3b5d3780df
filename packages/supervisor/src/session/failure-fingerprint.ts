import { createHash } from 'node:crypto'
import type { CheckResult } from '@agentproxy/plugin'

// What differs between two runs of the same failing test: durations, times of day, process ids, addresses.
const VARIABLE = [
  /\b\d{4}-\d\d-\d\dT[\d:.]+Z?/g,
  /\b\d\d:\d\d:\d\d(\.\d+)?\b/g,
  /duration_ms:? *[\d.]+/g,
  /\b\d+(\.\d+)? ?(ms|µs|us|ns|s|secs?|seconds?|m)\b/g,
  /\b0x[0-9a-f]+\b/gi,
  /\bpid:? ?\d+\b/gi,
]

/** One fingerprint for the failing results among `results`, blind to times and addresses; null when none failed. */
export function failureFingerprint(results: readonly CheckResult[]): string | null {
  const failed = results.filter((result) => result.verdict !== 'pass')
  if (failed.length === 0) return null
  const hash = createHash('sha256')
  for (const { check, verdict, exitCode, reason, outputTail } of failed) {
    const said = VARIABLE.reduce((text, pattern) => text.replace(pattern, ''), `${reason}\n${outputTail}`)
    hash.update(JSON.stringify([check, verdict, exitCode, said]))
  }
  return hash.digest('hex')
}
