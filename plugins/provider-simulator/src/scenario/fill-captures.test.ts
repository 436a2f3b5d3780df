import { expect, test } from 'vitest'
import { fillCaptures, findCaptures } from './fill-captures.ts'

test('captures are filled in wherever a text stands', () => {
  const captures = findCaptures({ cwd: /^cwd: (\S+)/m, none: /never (.)/ }, 'first\ncwd: /src\ncwd: /other')
  expect(captures).toEqual({ cwd: '/src' })
  const template = { path: '${captures.cwd}/a', list: ['${captures.cwd}', 3], plain: '${other}' }
  expect(fillCaptures(template, captures)).toEqual({ path: '/src/a', list: ['/src', 3], plain: '${other}' })
})

test('a template with a capture that was not found is no answer', () => {
  expect(fillCaptures({ path: '${captures.cwd}/a' }, {})).toBeNull()
})
