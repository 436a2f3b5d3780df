import type { CheckResult, Verdict } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { commandCheck } from './parse-checks.ts'
import { type GateInput, evaluateGate } from './evaluate-gate.ts'

function result(verdict: Verdict, overrides: Partial<CheckResult> = {}): CheckResult {
  const base = {
    check: 'unit',
    required: true,
    command: 'unit',
    exitCode: 0,
    reason: 'why',
    outputTail: '',
    outputFile: null,
    durationMs: 1,
  }
  return { ...base, verdict, treeHash: 'now', tests: null, ...overrides }
}

function codes(input: Partial<GateInput>): readonly string[] {
  const change = { path: 'a', operation: 'modify', linesAdded: 1, linesRemoved: 0 } as const
  const verdict = evaluateGate({
    checks: [commandCheck('unit')],
    results: { unit: result('pass') },
    baseline: {},
    failedOn: {},
    tree: 'now',
    changes: [change],
    tampering: [],
    expectsChange: true,
    allowsTestChanges: false,
    worked: true,
    ...input,
  })
  expect(verdict.accepted).toBe(!verdict.findings.some((finding) => finding.blocking))
  return verdict.findings.map((finding) => finding.code)
}

const tests = (passed: number, failed = 0) => ({ tests: { passed, failed, skipped: 0 } })

test('only a pass of every required check on this very tree is accepted', () => {
  expect(codes({})).toEqual([])
  expect(codes({ results: {} })).toEqual(['check-missing'])
  expect(codes({ results: { unit: result('fail') } })).toEqual(['check-failed'])
  expect(codes({ results: { unit: result('vacuous') } })).toEqual(['check-vacuous'])
  expect(codes({ results: { unit: result('error') } })).toEqual(['check-error'])
  expect(codes({ results: { unit: result('skipped') } })).toEqual(['check-missing'])
  expect(codes({ results: { unit: result('pass', { treeHash: 'before' }) } })).toEqual(['stale-evidence'])
  expect(codes({ checks: [] })).toEqual(['no-checks'])
  expect(codes({ changes: [] })).toEqual(['no-change'])
  expect(codes({ worked: false })).toEqual(['no-change'])
  expect(codes({ changes: [], worked: false, expectsChange: false })).toEqual([])
})

test('an optional check never stands in the way and never proves anything', () => {
  const optional = { ...commandCheck('lint'), required: false }
  expect(
    codes({
      checks: [commandCheck('unit'), optional],
      results: { unit: result('pass'), lint: result('fail') },
    }),
  ).toEqual([])
  expect(codes({ checks: [optional], results: { lint: result('pass') } })).toEqual(['no-checks'])
})

test('an old failure still blocks and says that it is old', () => {
  const { accepted, findings } = evaluateGate({
    checks: [commandCheck('unit')],
    results: { unit: result('fail') },
    baseline: { unit: result('fail') },
    failedOn: {},
    tree: 'now',
    changes: [],
    tampering: [],
    expectsChange: false,
    allowsTestChanges: false,
    worked: true,
  })
  expect(accepted).toBe(false)
  expect(findings[0]?.detail).toContain('did not pass before the first turn either')
})

test('fewer tests than before the first turn are not accepted', () => {
  const baseline = { unit: result('fail', tests(2, 1)) }
  expect(codes({ baseline, results: { unit: result('pass', tests(2)) } })).toEqual(['tests-fewer'])
  expect(codes({ baseline, results: { unit: result('pass', tests(3)) } })).toEqual([])
})

test('changes of tests that are allowed are told and stand in no way; everything else still does', () => {
  const deleted = { code: 'tests-deleted', blocking: true, detail: 'gone', paths: ['a.test.js'] } as const
  const input = {
    baseline: { unit: result('fail', tests(2, 1)) },
    results: { unit: result('pass', tests(2)) },
    tampering: [deleted],
  }
  const change = { path: 'a', operation: 'delete', linesAdded: 0, linesRemoved: 9 } as const
  const verdictWith = (allowsTestChanges: boolean, results = input.results) =>
    evaluateGate({
      ...input,
      results,
      checks: [commandCheck('unit')],
      failedOn: {},
      tree: 'now',
      changes: [change],
      expectsChange: true,
      allowsTestChanges,
      worked: true,
    })
  expect(verdictWith(false).accepted).toBe(false)
  const { accepted, findings } = verdictWith(true)
  expect(accepted).toBe(true)
  expect(findings.map(({ code, blocking }) => [code, blocking])).toEqual([
    ['tests-fewer', false],
    ['tests-deleted', false],
  ])
  expect(verdictWith(true, { unit: result('fail') }).accepted).toBe(false)
})
