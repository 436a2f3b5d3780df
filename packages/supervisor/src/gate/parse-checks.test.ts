import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { checksJsonSchema } from './check-schema.ts'
import { describeCheck } from './describe-check.ts'
import { parseChecks } from './parse-checks.ts'

const EVERY_KIND = [
  'npm test',
  { name: 'types', command: 'tsc', required: false, timeoutMs: 5, parallel: true, reruns: 2 },
  { kind: 'file', path: 'dist/index.js', contains: 'export' },
  { kind: 'http', url: 'http://127.0.0.1:3000/health', start: 'npm start', status: [200, 204] },
  { kind: 'browser', url: 'http://127.0.0.1:3000/', start: 'npm start', waitFor: 'h1', contains: 'Hello' },
  { kind: 'diff-rule', only: ['src/**'], forbidAdded: ['console\\.log'], maxFiles: 5 },
  { kind: 'judge', requirements: ['The total is rounded.'] },
  { kind: 'human', question: 'Does it look right?' },
]

test('a document of checks is read in its short and its long form', () => {
  const long = { name: 'types', command: 'tsc', required: false, timeoutMs: 5 }
  const parsed = parseChecks({ checks: ['npm test', long] }, 'checks.yaml')
  expect(parsed).toEqual([
    { name: 'npm test', kind: 'command', command: 'npm test', required: true, timeoutMs: 600_000 },
    { ...long, kind: 'command' },
  ])
  expect(parseChecks(['a'], 'x')).toHaveLength(1)
})

test('every kind is read, has a name, and says in one line what it does', () => {
  const checks = parseChecks(EVERY_KIND, 'checks.yaml')
  expect(checks.map((check) => `${check.name} = ${describeCheck(check)}`)).toEqual([
    'npm test = npm test',
    'types = tsc',
    'file dist/index.js = dist/index.js contains "export"',
    'http GET http://127.0.0.1:3000/health = GET http://127.0.0.1:3000/health answers 200 or 204, served by `npm start`',
    'browser http://127.0.0.1:3000/ = http://127.0.0.1:3000/ opens in a browser without console errors, showing h1 and "Hello", served by `npm start`',
    'diff-rule = the changes keep to: only src/** may change; no added line matches /console\\.log/; at most 5 files change',
    'judge = a model finds met: The total is rounded.',
    'human: Does it look right? = a person says yes to: Does it look right?',
  ])
})

const REFUSED: readonly [unknown][] = [
  [null],
  [{ checks: [{ name: 'x' }] }],
  [{ checks: [], more: 1 }],
  [[{ command: 'a', timeoutMs: -1 }]],
  [[{ command: 'a', requird: true }]],
  [['']],
  [[{ kind: 'nope' }]],
  [[{ kind: 'http', url: 'ftp://x' }]],
  [[{ kind: 'diff-rule', forbidAdded: ['('] }]],
  [[{ kind: 'human' }]],
  // Only a plugin brings one.
  [[{ kind: 'plugin', plugin: 'x' }]],
]

test.each([...REFUSED, [['a', 'a']]])(
  'a document that is not valid is refused with its name: %j',
  (value) => {
    expect(() => parseChecks(value, 'my-checks.yaml')).toThrow(/my-checks\.yaml/)
  },
)

test('the published schema accepts and refuses what the reader does', () => {
  const valid = new Ajv2020({ strict: false, validateFormats: false }).compile(checksJsonSchema())
  expect(valid(EVERY_KIND)).toBe(true)
  expect(valid({ checks: EVERY_KIND })).toBe(true)
  // What a schema can say; that a pattern compiles and a URL is one of HTTP is for the reader.
  const sayable = REFUSED.filter(([value]) => !/ftp|forbidAdded/.test(JSON.stringify(value)))
  expect(sayable.filter(([value]) => valid(value))).toEqual([])
})
