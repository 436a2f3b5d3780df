import type { TestCounts } from './test-counts.ts'

/** Counts in the output, summed over several runs; null when this reporter did not write it. */
type Reporter = (output: string) => TestCounts | null

/** What test runners print by themselves. Each is anchored to its own summary lines, so that two never count one run. */
export const reporters: readonly Reporter[] = [
  readNodeTest,
  (output) => wordCounts(output, /^\s*Tests\s+(no tests|\d+ \w+.*)$/gm), // vitest
  (output) => wordCounts(output, /^Tests:\s+(.*\d+ total)$/gm), // jest
  (output) => wordCounts(output, /^(?:=+ )?((?:\d+ \w+(?:, )?)+|no tests ran) in [\d.:]+/gm), // pytest
  (output) => wordCounts(output, /^test result: \w+\. (.*)$/gm), // cargo
  readGo,
  readGoJson,
  (output) => wordCounts(output, /^\s+(\d+ (?:passing|failing|pending)\b)/gm), // mocha
  (output) => wordCounts(output, /^ ?(\d+ (?:pass|fail|skip|todo))$/gm), // bun
  readUnittest,
  readSurefire,
  (output) => readGradle(output),
]

/** Formats that several runners can write, some of them beside their own words. */
export const lastResorts: readonly Reporter[] = [readTap, readJunit]

const WORDS: Readonly<Record<string, keyof TestCounts>> = {
  pass: 'passed',
  passed: 'passed',
  passing: 'passed',
  xpassed: 'passed',
  fail: 'failed',
  failed: 'failed',
  failing: 'failed',
  error: 'failed',
  errors: 'failed',
  skip: 'skipped',
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

// `# tests` stands in other TAP too; `cancelled` is Node's alone.
function readNodeTest(output: string): TestCounts | null {
  if (!/^(?:#|ℹ|\t<!--) cancelled \d+/m.test(output)) return null
  const sum = (name: string) => total(output, new RegExp(`^(?:#|ℹ|\\t<!--) ${name} (\\d+)`, 'gm'))
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
  const packages = [...output.matchAll(/^(ok|FAIL|\?) *\t\S+(.*)$/gm)]
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

// `go test -json`: one event a line; those with a test's name are tests.
function readGoJson(output: string): TestCounts | null {
  const events = [...output.matchAll(/^\{"Time":[^\n]*"Action":"(pass|fail|skip)","Package":[^\n]*\}$/gm)]
  if (events.length === 0) return null
  const count = (action: string) =>
    events.filter(([line, seen]) => seen === action && line.includes('"Test":')).length
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') }
}

function readUnittest(output: string): TestCounts | null {
  if (!/^Ran \d+ tests? in [\d.]+s$/m.test(output)) return null
  const ran = total(output, /^Ran (\d+) tests? in/gm)
  const said = (name: string) => total(output, new RegExp(`^(?:OK|FAILED) \\((?:.*, )?${name}=(\\d+)`, 'gm'))
  const failed = said('failures') + said('errors') + said('unexpected successes')
  const skipped = said('skipped') + said('expected failures')
  return { passed: Math.max(0, ran - failed - skipped), failed, skipped }
}

// Each module ends with a sum that names no class; only the sums count.
function readSurefire(output: string): TestCounts | null {
  const sums = [
    ...output.matchAll(/Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)\s*$/gm),
  ].map((match) => match.slice(1).map(Number))
  if (sums.length === 0) return null
  const at = (index: number) => sums.reduce((all, counts) => all + (counts[index] ?? 0), 0)
  const failed = at(1) + at(2)
  return { passed: Math.max(0, at(0) - failed - at(3)), failed, skipped: at(3) }
}

// Gradle counts only what failed; a run that passed says nothing.
function readGradle(output: string): TestCounts | null {
  const sums = [...output.matchAll(/^(\d+) tests? completed(?:, (\d+) failed)?(?:, (\d+) skipped)?$/gm)]
  if (sums.length === 0) return null
  const at = (index: number) => sums.reduce((all, match) => all + Number(match[index] ?? 0), 0)
  return { passed: at(1) - at(2) - at(3), failed: at(2), skipped: at(3) }
}

// Points inside subtests are indented; the point of the whole subtest is one of ours.
function readTap(output: string): TestCounts | null {
  if (!/^(?:TAP version \d+|1\.\.\d+)/m.test(output)) return null
  const points = [...output.matchAll(/^(not ok|ok)\b([^\n]*)$/gm)]
  const skipped = points.filter(([, , rest = '']) => /#\s*(?:skip|todo)/i.test(rest)).length
  const failed = points.filter(([, word, rest = '']) => word === 'not ok' && !/#\s*todo/i.test(rest)).length
  return { passed: points.length - skipped - failed, failed, skipped }
}

// Cases, not the sums of suites: suites stand inside each other, and each counts the whole.
function readJunit(output: string): TestCounts | null {
  if (!/<testsuites?\b/.test(output)) return null
  const cases = [...output.matchAll(/<testcase\b(?:[^>]*\/>|[^>]*>([\s\S]*?)<\/testcase>)/g)]
  const failed = cases.filter(([, body = '']) => /<(?:failure|error)\b/.test(body)).length
  const skipped = cases.filter(([, body = '']) => /<skipped\b/.test(body)).length
  return { passed: cases.length - failed - skipped, failed, skipped }
}

function total(output: string, pattern: RegExp): number {
  return [...output.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0)
}

function occurrences(output: string, pattern: RegExp): number {
  return [...output.matchAll(pattern)].length
}
