import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { judge } from './judge.ts'

// What the tools really printed: vitest 4.1, jest 30, mocha 11, Node 20, pytest 9, Python 3.11, cargo 1.95, Go 1.19. Maven, Gradle
// and bun are written after their documentation. A `mixed` run has a test of each sort: passed, failed, skipped, to do.
const RECORDED: Readonly<Record<string, string>> = {
  'bun-mixed': 'fail 1/1/2',
  'cargo-filtered': 'vacuous 0/0/0',
  'cargo-mixed-loud': 'fail 1/1/1',
  'cargo-none': 'vacuous 0/0/0',
  'go-filtered': 'vacuous 0/0/0',
  'go-json': 'fail 1/1/1',
  'go-mixed': 'fail 0/1/0',
  'go-none': 'vacuous 0/0/0',
  'go-verbose': 'fail 1/1/1',
  'gradle-mixed': 'fail 3/1/1',
  'gradle-none': 'vacuous',
  'jest-filtered': 'vacuous 0/0/4',
  'jest-mixed': 'fail 1/1/2',
  'jest-none': 'vacuous',
  'jest-pass-with-none': 'vacuous',
  'maven-mixed': 'fail 3/1/1',
  'maven-none': 'vacuous',
  'mocha-dot': 'fail 1/1/2',
  'mocha-filtered': 'vacuous 0/0/0',
  'mocha-mixed': 'fail 1/1/2',
  'mocha-none': 'vacuous',
  'mocha-tap': 'fail 1/1/2',
  'mocha-xunit': 'fail 1/1/2',
  // It counts nothing: the exit code decides.
  'node-dot': 'fail',
  'node-empty-file': 'vacuous 0/0/0',
  'node-empty-file-tap': 'vacuous 0/0/0',
  'node-filtered': 'vacuous 0/0/4',
  'node-junit': 'fail 1/1/2',
  'node-none': 'vacuous 0/0/0',
  'node-spec': 'fail 1/1/2',
  'node-tap': 'fail 1/1/2',
  'pytest-collect-error': 'fail 0/1/0',
  'pytest-filtered': 'vacuous 0/0/0',
  'pytest-mixed': 'fail 1/1/2',
  'pytest-none': 'vacuous 0/0/0',
  'pytest-quiet': 'fail 1/1/2',
  'unittest-mixed': 'fail 1/1/2',
  'unittest-none': 'vacuous 0/0/0',
  'unittest-verbose': 'fail 1/1/2',
  'vitest-empty-file': 'vacuous 0/0/0',
  'vitest-filtered': 'vacuous 0/0/5',
  'vitest-junit': 'fail 2/1/2',
  'vitest-mixed': 'fail 2/1/2',
  'vitest-no-files': 'vacuous',
  'vitest-tap': 'fail 2/1/2',
}

const folder = fileURLToPath(new URL('recorded', import.meta.url))

/** Judged by what the file says, its last line being the exit code. */
function judged(name: string, exitCode?: number): string {
  const text = readFileSync(`${folder}/${name}.txt`, 'utf8')
  const [, code] = /\n\[exit code (\d+)\]\s*$/.exec(text) ?? []
  const outcome = { signal: null, endedBy: null, timeoutMs: 1, tooMuch: false, maxOutputBytes: 1 }
  const { verdict, tests } = judge({ ...outcome, exitCode: exitCode ?? Number(code), output: text })
  return tests === null ? verdict : `${verdict} ${tests.passed}/${tests.failed}/${tests.skipped}`
}

test('every recorded run of a test runner is judged by what it counted', () => {
  const names = readdirSync(folder).map((file) => file.replace(/\.txt$/, ''))
  expect(Object.fromEntries(names.toSorted().map((name) => [name, judged(name)]))).toEqual(RECORDED)
})

test('an exit code that hides a failure is not believed', () => {
  const failed = Object.keys(RECORDED).filter((name) => RECORDED[name]?.startsWith('fail '))
  expect(failed.length).toBeGreaterThan(20)
  expect(failed.filter((name) => judged(name, 0) !== RECORDED[name])).toEqual([])
})

test('several runners in one command are counted together', () => {
  const output = ['jest-mixed', 'pytest-mixed'].map((name) => readFileSync(`${folder}/${name}.txt`, 'utf8'))
  const outcome = { signal: null, endedBy: null, timeoutMs: 1, tooMuch: false, maxOutputBytes: 1 }
  expect(judge({ ...outcome, exitCode: 0, output: output.join('\n') }).tests).toEqual({
    passed: 2,
    failed: 2,
    skipped: 4,
  })
})
