import { describe, expect, test } from 'vitest'
import { judge } from './judge.ts'

function verdict(
  output: string,
  exitCode: number | null = 0,
  extra: Partial<Parameters<typeof judge>[0]> = {},
) {
  const { verdict: word, tests } = judge({
    exitCode,
    signal: null,
    endedBy: null,
    timeoutMs: 1000,
    tooMuch: false,
    maxOutputBytes: 1000,
    output,
    ...extra,
  })
  return tests === null ? word : `${word} ${tests.passed}/${tests.failed}/${tests.skipped}`
}

describe('the verdict of a command', () => {
  test.each([
    [
      'node:test, TAP',
      '# tests 3\n# suites 0\n# pass 2\n# fail 0\n# cancelled 0\n# skipped 1\n# todo 0\n',
      0,
      'pass 2/0/1',
    ],
    [
      'node:test, spec',
      'ℹ tests 2\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n',
      1,
      'fail 1/1/0',
    ],
    [
      'node:test, nothing found',
      '1..0\n# tests 0\n# pass 0\n# fail 0\n# cancelled 0\n# skipped 0\n# todo 0\n',
      0,
      'vacuous 0/0/0',
    ],
    [
      'node:test, an emptied file',
      'ok 1 - /w/a.test.js\n# tests 1\n# pass 1\n# fail 0\n# cancelled 0\n# skipped 0\n# todo 0\n',
      0,
      'vacuous 0/0/0',
    ],
    [
      'vitest',
      ' Test Files  1 failed (1)\n      Tests  1 failed | 2 passed | 1 skipped (4)\n',
      1,
      'fail 2/1/1',
    ],
    [
      'vitest in colour',
      '\u001B[2m      Tests \u001B[22m \u001B[32m3 passed\u001B[39m (3)\n',
      0,
      'pass 3/0/0',
    ],
    ['vitest without files', 'No test files found, exiting with code 0\n', 0, 'vacuous'],
    ['jest', 'Tests:       1 skipped, 2 passed, 3 total\n', 0, 'pass 2/0/1'],
    ['jest without tests', 'No tests found, exiting with code 1\n', 1, 'vacuous'],
    ['mocha', '\n  3 passing (5ms)\n  1 pending\n', 0, 'pass 3/0/1'],
    ['mocha with nothing', '\n  0 passing (1ms)\n', 0, 'vacuous 0/0/0'],
    ['pytest', '===== 2 failed, 3 passed, 1 skipped in 0.12s =====\n', 1, 'fail 3/2/1'],
    ['pytest -q', '1 passed in 0.01s\n', 0, 'pass 1/0/0'],
    ['pytest without tests', '==== no tests ran in 0.01s ====\n', 5, 'vacuous 0/0/0'],
    ['pytest, all skipped', '4 skipped in 0.01s\n', 0, 'vacuous 0/0/4'],
    ['go', 'ok  \texample.com/a\t0.003s\n?   \texample.com/b\t[no test files]\n', 0, 'pass 1/0/0'],
    ['go without tests', '?   \texample.com/b\t[no test files]\n', 0, 'vacuous 0/0/0'],
    ['go, nothing matched', 'ok  \texample.com/a\t0.003s [no tests to run]\n', 0, 'vacuous 0/0/0'],
    ['go, failed', '--- FAIL: TestA (0.00s)\nFAIL\texample.com/a\t0.003s\nFAIL\n', 1, 'fail 0/1/0'],
    [
      'cargo, two crates',
      'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\ntest result: ok. 0 passed; 0 failed; 0 ignored\n',
      0,
      'pass 3/0/1',
    ],
    [
      'cargo without tests',
      'running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored\n',
      0,
      'vacuous 0/0/0',
    ],
    ['unittest', 'Ran 3 tests in 0.001s\n\nOK (skipped=1)\n', 0, 'pass 2/0/1'],
    ['maven', 'Tests run: 4, Failures: 1, Errors: 0, Skipped: 1\n', 1, 'fail 2/1/1'],
    ['a linter', 'All matched files use the code style!\n', 0, 'pass'],
    ['a linter that complains', 'x 1 problem\n', 2, 'fail'],
    ['a failure hidden by `|| true`', 'Tests:       1 failed, 2 passed, 3 total\n', 0, 'fail 2/1/0'],
  ])('%s', (_name, output, exitCode, expected) => {
    expect(verdict(output, exitCode)).toBe(expected)
  })

  test('is an error when the command could not run to its end', () => {
    expect(verdict('sh: nope: not found', 127)).toBe('error')
    expect(verdict('', 126)).toBe('error')
    expect(verdict('', null, { signal: 'SIGKILL' })).toBe('error')
    expect(verdict('Tests:  3 passed, 3 total\n', 0, { endedBy: 'time' })).toBe('error 3/0/0')
    expect(verdict('yyyy', null, { endedBy: 'stop', tooMuch: true })).toBe('error')
  })

  test('is a failure, not vacuous, when everything broke before the first test', () => {
    expect(verdict('# tests 1\n# pass 0\n# fail 1\n# cancelled 0\n# skipped 0\n# todo 0\n', 1)).toBe(
      'fail 0/1/0',
    )
    expect(verdict('0 passing\nError: boom\n', 1)).toBe('fail')
  })
})
