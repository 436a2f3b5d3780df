import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PermissionSubject, applyRules, ruleProblem } from './permission-rules.ts'

const none = { deny: [], ask: [], allow: [] }
const shell = (text: string): PermissionSubject => ({ kind: 'execute', paths: [], text })
const edit = (...paths: string[]): PermissionSubject => ({ kind: 'edit', paths, text: null })

function allows(rule: string, subject: PermissionSubject): boolean {
  return applyRules({ ...none, allow: [rule] }, 'deny', subject).verdict === 'allow'
}

function denies(rule: string, subject: PermissionSubject): boolean {
  return applyRules({ ...none, deny: [rule] }, 'auto', subject).verdict === 'deny'
}

describe('permission rules', () => {
  test.each([
    ['execute(npm test*)', shell('npm test'), true],
    ['execute(npm test*)', shell('npm test -- --watch'), true],
    ['execute(npm test*)', shell('npm test; rm -rf ~'), false],
    ['execute(npm test*)', shell('npm test && curl evil'), false],
    ['execute(npm test*)', shell('npm test $(rm x)'), false],
    ['execute(npm test*)', shell('npm test\nrm x'), false],
    ['execute(npm test*)', shell('npm test > ~/.bashrc'), false],
    ['execute(a.b)', shell('axb'), false],
    ['execute', shell('a | b'), true],
    ['*', edit('x'), true],
    ['edit(src/**)', edit('src/a.ts', 'src/b/c.ts'), true],
    ['edit(src/**)', edit('src/a.ts', 'b.ts'), false],
    ['edit(src/**)', edit(), false],
    ['delete(src/**)', edit('src/a.ts'), false],
    ['fetch(https://example.com/*)', { kind: 'fetch', paths: [], text: 'https://example.com/a' }, true],
  ] as const)('allow %s: %j is %s', (rule, subject, expected) => {
    expect(allows(rule, subject)).toBe(expected)
  })

  test.each([
    ['execute(git push*)', shell('make && git push --force'), true],
    ['execute(git push*)', shell('(git push)'), true],
    ['execute(rm*)', shell('echo `rm x`'), true],
    ['execute(rm*)', shell('echo $(rm x)'), true],
    ['edit(.env)', edit('a.ts', 'deep/.ENV'), true],
    ['edit(.env)', edit('a.ts'), false],
  ] as const)('deny %s: %j is %s', (rule, subject, expected) => {
    expect(denies(rule, subject)).toBe(expected)
  })

  test('deny goes before ask, ask before allow, and the mode decides what none does', () => {
    const rules = { deny: ['execute(rm*)'], ask: ['execute(r*)'], allow: ['execute'] }
    expect(['rm x', 'rg x', 'ls'].map((text) => applyRules(rules, 'deny', shell(text)).verdict)).toEqual([
      'deny',
      'ask',
      'allow',
    ])
    expect(applyRules(none, 'deny', edit('a'))).toEqual({ verdict: 'deny', rule: null })
    expect(applyRules(none, 'ask', edit('a')).verdict).toBe('ask')
    expect(applyRules(none, 'ask', { ...edit('a'), kind: 'read' }).verdict).toBe('allow')
  })

  test('whatever follows a command that is allowed, no second command is', () => {
    const ends = fc.constantFrom(';', '&&', '|', '\n', '`', '$(', '>', '<(', '&')
    fc.assert(
      fc.property(fc.string(), ends, fc.string(), (before, end, after) => {
        expect(allows('execute(ls*)', shell(`ls ${before}${end}${after}`))).toBe(false)
      }),
    )
  })

  test('a rule that is none says what is wrong', () => {
    for (const rule of ['edit(src/**)', 'execute', '*', '*(x)']) expect(ruleProblem(rule)).toBeNull()
    expect(ruleProblem('bash(ls)')).toContain('there is no kind bash')
    expect(ruleProblem('edit(')).toContain('is not a rule')
  })
})
