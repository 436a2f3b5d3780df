import { expect, test } from 'vitest'
import { type Changes, judgeDiff } from './judge-diff.ts'
import { parseChecks } from './parse-checks.ts'

const CHANGES: Changes = {
  files: [
    { path: 'src/a.ts', operation: 'modify', linesAdded: 2, linesRemoved: 1 },
    { path: '.env', operation: 'create', linesAdded: 1, linesRemoved: 0 },
  ],
  patch: [
    'diff --git a/src/a.ts b/src/a.ts',
    '@@ -1 +1,2 @@',
    '-old',
    '+console.log(1)',
    '+more',
    'diff --git a/.env b/.env',
    '@@ -0,0 +1 @@',
    '+KEY=1',
  ].join('\n'),
}

function judged(rules: object, changes = CHANGES): string {
  const [check] = parseChecks([{ kind: 'diff-rule', ...rules }], 'a test')
  if (check?.kind !== 'diff-rule') throw new Error('not a diff-rule')
  const { verdict, reason } = judgeDiff(check, changes)
  return `${verdict}: ${reason}`
}

test.each<[object, string]>([
  [{}, 'pass: 2 changed files keep to the rules'],
  [{ only: ['src/**', '.env'], forbid: ['*.md'], needs: ['src/*.ts'], maxFiles: 2, maxLines: 4 }, 'pass: '],
  [{ only: ['src/**'] }, 'fail: .env was changed; only src/** may be'],
  [{ forbid: ['**/.env'] }, 'fail: .env was changed, which is forbidden'],
  [{ needs: ['CHANGELOG.md'] }, 'fail: no file that matches CHANGELOG.md was changed'],
  [{ maxFiles: 1 }, 'fail: 2 files were changed, at most 1 may be'],
  [{ maxLines: 3 }, 'fail: 4 lines were changed, at most 3 may be'],
  [
    { forbidAdded: ['console\\.log'] },
    'fail: src/a.ts: an added line matches /console\\.log/: console.log(1)',
  ],
  [{ forbidAdded: ['old'] }, 'pass: '],
])('the rules %j', (rules, expected) => {
  expect(judged(rules)).toContain(expected)
})

test('no change proves nothing', () => {
  expect(judged({ only: ['src/**'] }, { files: [], patch: '' })).toBe('vacuous: no file has changed')
})
