import type { CheckResult } from '@agentproxy/plugin'

export type TestCounts = NonNullable<CheckResult['tests']>

interface Reporter {
  readonly name: string
  /** Counts in the output, summed over several runs; null when this reporter did not write it. */
  read(output: string): TestCounts | null
}

// oxlint-disable-next-line no-control-regex -- the escape character is what a colour begins with
const COLOURS = /\u001B\[[0-9;]*[A-Za-z]/g

/** Tests counted by the first known reporter that recognises the output; null when none does. */
export function countTests(output: string): TestCounts | null {
  const plain = output.replace(COLOURS, '').replaceAll('\r', '')
  for (const reporter of reporters) {
    const counts = reporter.read(plain)
    if (counts !== null) return counts
  }
  return null
}

// A run that says in words that it found nothing.
const EMPTY =
  /^\s*(?:No test files found|No tests found|no tests ran|Error: No test files found|Could not find '.*'|testing: warning: no tests to run|Error: No tests? specs? found)/im

/** Whether the output says that no test was found. */
export function saysNoTests(output: string): boolean {
  return EMPTY.test(output.replace(COLOURS, ''))
}

/** The reporters that are recognised, most specific first. Each is anchored to its own summary lines. */
const reporters: readonly Reporter[] = [
  { name: 'node:test', read: readNodeTest },
  { name: 'vitest', read: (output) => wordCounts(output, /^\s*Tests\s+(no tests|\d+ \w+.*)$/gm) },
  { name: 'jest', read: (output) => wordCounts(output, /^Tests:\s+(.*\d+ total)$/gm) },
  {
    name: 'pytest',
    read: (output) => wordCounts(output, /^(?:=+ )?((?:\d+ \w+(?:, )?)+|no tests ran) in [\d.:]+/gm),
  },
  { name: 'cargo', read: (output) => wordCounts(output, /^test result: \w+\. (.*)$/gm) },
  { name: 'go', read: readGo },
  { name: 'mocha', read: (output) => wordCounts(output, /^\s+(\d+ (?:passing|failing|pending)\b)/gm) },
  { name: 'unittest', read: readUnittest },
  { name: 'junit', read: readJunit },
]

const WORDS: Readonly<Record<string, keyof TestCounts>> = {
  passed: 'passed',
  passing: 'passed',
  xpassed: 'passed',
  failed: 'failed',
  failing: 'failed',
  error: 'failed',
  errors: 'failed',
  skipped: 'skipped',
  pending: 'skipped',
  ignored: 'skipped',
  todo: 'skipped',
  xfailed: 'skipped',
}

// `3 passed, 1 failed` in whatever order and with whatever between.
function wordCounts(output: string, summary: RegExp): TestCounts | null {
  const lines = [...output.matchAll(summary)]
  if (lines.length === 0) return null
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const [, line = ''] of lines) {
    for (const [, count, word = ''] of line.matchAll(/(\d+) (\w+)/g)) {
      const kind = WORDS[word]
      if (kind !== undefined) counts[kind] += Number(count)
    }
  }
  return counts
}

function readNodeTest(output: string): TestCounts | null {
  if (!/^(?:#|ℹ) tests \d+$/m.test(output)) return null
  const sum = (name: string) => total(output, new RegExp(`^(?:#|ℹ) ${name} (\\d+)$`, 'gm'))
  const passed = sum('pass') - filesWithoutTests(output)
  return {
    passed: Math.max(0, passed),
    failed: sum('fail') + sum('cancelled'),
    skipped: sum('skipped') + sum('todo'),
  }
}

// A file in which no test ran is itself counted as a passed test, under its path.
function filesWithoutTests(output: string): number {
  const tap = output.matchAll(/^ok \d+ - (?:\/|[A-Za-z]:\\)[^\n]*\.[cm]?[jt]s$/gm)
  const spec = output.matchAll(/^✔ (?:\/|[A-Za-z]:\\)[^\n]*\.[cm]?[jt]s \([\d.]+ms\)$/gm)
  return [...tap, ...spec].length
}

function readGo(output: string): TestCounts | null {
  const packages = [...output.matchAll(/^(ok|FAIL|\?)\s+\t?\S+\s+(.*)$/gm)]
  if (packages.length === 0) return null
  const verbose = {
    passed: occurrences(output, /^\s*--- PASS: /gm),
    failed: occurrences(output, /^\s*--- FAIL: /gm),
  }
  const ran = packages.filter(
    ([, word, rest]) => word === 'ok' && !(rest ?? '').includes('[no tests to run]'),
  ).length
  const broken = packages.filter(([, word]) => word === 'FAIL').length
  return {
    passed: verbose.passed > 0 ? verbose.passed : ran,
    failed: Math.max(verbose.failed, broken),
    skipped: occurrences(output, /^\s*--- SKIP: /gm),
  }
}

function readUnittest(output: string): TestCounts | null {
  if (!/^Ran \d+ tests? in [\d.]+s$/m.test(output)) return null
  const ran = total(output, /^Ran (\d+) tests? in/gm)
  const failed = total(output, /^FAILED \(.*?failures=(\d+)/gm) + total(output, /^FAILED \(.*?errors=(\d+)/gm)
  const skipped = total(output, /^(?:OK|FAILED) \(.*?skipped=(\d+)/gm)
  return { passed: Math.max(0, ran - failed - skipped), failed, skipped }
}

function readJunit(output: string): TestCounts | null {
  // Maven repeats the sum at the end without a class name; only the sum counts.
  const maven = [
    ...output.matchAll(/Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)\s*$/gm),
  ].at(-1)
  if (maven !== undefined) {
    const [ran = 0, failures = 0, errors = 0, skipped = 0] = maven.slice(1).map(Number)
    return { passed: ran - failures - errors - skipped, failed: failures + errors, skipped }
  }
  const suites = [...output.matchAll(/<testsuite\b[^>]*>/g)].map(([tag]) => tag)
  if (suites.length === 0) return null
  const sum = (name: string) =>
    suites.reduce((all, tag) => all + Number(new RegExp(`\\b${name}="(\\d+)"`).exec(tag)?.[1] ?? 0), 0)
  const failed = sum('failures') + sum('errors')
  return { passed: Math.max(0, sum('tests') - failed - sum('skipped')), failed, skipped: sum('skipped') }
}

function total(output: string, pattern: RegExp): number {
  return [...output.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0)
}

function occurrences(output: string, pattern: RegExp): number {
  return [...output.matchAll(pattern)].length
}
