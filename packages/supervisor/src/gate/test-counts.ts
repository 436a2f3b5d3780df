import type { CheckResult } from '@agentproxy/plugin'
import { lastResorts, reporters } from './test-reporters.ts'

export type TestCounts = NonNullable<CheckResult['tests']>

// oxlint-disable-next-line no-control-regex -- the escape character is what a colour begins with
const COLOURS = /\u001B\[[0-9;]*[A-Za-z]/g

/** Tests counted by all known reporters that wrote to the output, for one command may run several; null when none did. */
export function countTests(output: string): TestCounts | null {
  const plain = plainText(output)
  const counted = reporters.map((read) => read(plain)).filter((counts) => counts !== null)
  if (counted.length > 0) return sum(counted)
  for (const read of lastResorts) {
    const counts = read(plain)
    if (counts !== null) return counts
  }
  return null
}

function sum(all: readonly TestCounts[]): TestCounts {
  const add = (kind: keyof TestCounts) => all.reduce((total, counts) => total + counts[kind], 0)
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped') }
}

// A run that says in words that it found nothing.
const EMPTY =
  /^\s*(?:No test files found|No tests found|no tests ran|NO TESTS RAN|Error: No test files found|Error: No test suite found in file|Could not find '.*'|testing: warning: no tests to run|Error: No tests? specs? found|\[INFO\] No tests to run)/im
const GRADLE_TEST = /^> Task :(?:\S+:)?test\b(.*)$/gm

/** Whether the output says that no test was found. */
export function saysNoTests(output: string): boolean {
  const plain = plainText(output)
  if (EMPTY.test(plain)) return true
  const tasks = [...plain.matchAll(GRADLE_TEST)]
  return tasks.length > 0 && tasks.every(([, state = '']) => state.includes('NO-SOURCE'))
}

function plainText(output: string): string {
  return output.replace(COLOURS, '').replaceAll('\r', '')
}
