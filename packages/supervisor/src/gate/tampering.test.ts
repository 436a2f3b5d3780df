import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder, writeFiles } from '../testing/temp-folder.ts'
import { changedFiles } from '../workspace/tree-diff.ts'
import { openWorkspace } from '../workspace/workspace.ts'
import { commandCheck } from './parse-checks.ts'
import { findTampering } from './tampering.ts'

const SUITE = `import test from 'node:test'\ntest('a', () => {})\ntest('b', () => {})\n`

const manifest = (scripts: object, extra: object = {}) => JSON.stringify({ scripts, ...extra })
const write = (more: Record<string, string>) => (folder: string) => writeFiles(folder, more)

async function tamper(files: Record<string, string>, change: (folder: string) => void): Promise<string[]> {
  const folder = tempFolder(files)
  const workspace = await openWorkspace(folder, tempFolder())
  const baseTree = (await workspace.snapshot()).tree
  change(folder)
  const { tree } = await workspace.snapshot()
  const changes = await changedFiles(workspace, baseTree, tree)
  const checks = [commandCheck('npm test'), commandCheck('make check')]
  const findings = await findTampering({ workspace, baseTree, tree, changes, checks })
  return findings.map(
    ({ code, blocking, paths }) => `${code}${blocking ? '' : ' (note)'}: ${paths.join(' ')}`,
  )
}

test('a deleted test file is found, a moved one is not', async () => {
  expect(await tamper({ 'a.test.js': SUITE }, (folder) => rmSync(join(folder, 'a.test.js')))).toEqual([
    'tests-deleted: a.test.js',
  ])
  expect(
    await tamper({ 'a.test.js': SUITE }, (folder) =>
      renameSync(join(folder, 'a.test.js'), join(folder, 'b.test.js')),
    ),
  ).toEqual([])
})

test('a test that is skipped from now on is found', async () => {
  const skipped = write({ 'test_a.py': 'before\n@pytest.mark.skip(reason="later")\n' })
  const found = await tamper({ 'test_a.py': 'before\n' }, skipped)
  expect(found).toEqual(['tests-skipped: test_a.py'])
})

test('a test that was skipped before and code that only says skip are no finding', async () => {
  const before = `it.skip('a', () => {})\nit('b', () => {})\n`
  expect(
    await tamper({ 'a.test.js': before }, (folder) =>
      writeFiles(folder, { 'a.test.js': `// more\n${before}` }),
    ),
  ).toEqual([])
  expect(await tamper({ 'a.js': '' }, (folder) => writeFiles(folder, { 'a.js': 'list.skip(3)\n' }))).toEqual(
    [],
  )
})

test('tests taken out of a file are found, tests moved to another file are not', async () => {
  const less = `import test from 'node:test'\ntest('a', () => {})\n`
  expect(await tamper({ 'a.test.js': SUITE }, (folder) => writeFiles(folder, { 'a.test.js': less }))).toEqual(
    ['tests-fewer: a.test.js'],
  )
  const moved = (folder: string) =>
    writeFiles(folder, { 'a.test.js': less, 'b.test.js': `test('b', () => {})\n` })
  expect(await tamper({ 'a.test.js': SUITE }, moved)).toEqual([])
})

test('a changed test command is found, a new script or a new dependency is not', async () => {
  const files = {
    'package.json': manifest({ test: 'vitest run' }),
    Makefile: 'all:\n\techo\ncheck: all\n\tpytest\n',
  }
  expect(await tamper(files, write({ 'package.json': manifest({ test: 'exit 0' }) }))).toEqual([
    'test-command-changed: package.json',
  ])
  expect(
    await tamper(files, write({ 'package.json': manifest({ test: 'vitest run', pretest: 'rm -r test' }) })),
  ).toEqual(['test-command-changed: package.json'])
  expect(
    await tamper(files, write({ 'package.json': manifest({ test: 'vitest run', dev: 'x' }, { name: 'n' }) })),
  ).toEqual([])
  expect(await tamper(files, write({ Makefile: 'all:\n\techo\ncheck: all\n\ttrue\n' }))).toEqual([
    'test-command-changed: Makefile',
  ])
  expect(await tamper(files, write({ Makefile: 'all:\n\techo more\ncheck: all\n\tpytest\n' }))).toEqual([])
  expect(await tamper(files, write({ 'vitest.config.ts': 'export default {}' }))).toEqual([
    'test-command-changed (note): vitest.config.ts',
  ])
})

const ASSERTING = `test('a', () => {\n  expect(sum(1, 2)).toBe(3)\n  expect(sum(2, 2)).toBe(4)\n})\n`

test('assertions that are taken out or made to hold always are found, other expectations are told', async () => {
  const becomes = (text: string) => tamper({ 'a.test.js': ASSERTING }, write({ 'a.test.js': text }))
  const told = 'tests-changed (note): a.test.js'
  expect(await becomes(ASSERTING.replace('  expect(sum(2, 2)).toBe(4)\n', ''))).toEqual([
    'tests-weakened: a.test.js',
    told,
  ])
  expect(await becomes(ASSERTING.replace('sum(2, 2)).toBe(4)', 'true).toBe(true)'))).toEqual([
    'tests-weakened: a.test.js',
    told,
  ])
  expect(await becomes(ASSERTING.replace('toBe(4)', 'toBe(5)'))).toEqual([told])
  expect(await becomes(`${ASSERTING}test('b', () => expect(1 + 1).toBe(2))\n`)).toEqual([])
})

test.each([
  [
    'assert True',
    'def test_a():\n    assert total(1) == 1\n',
    'def test_a():\n    assert True\n',
    'test_a.py',
  ],
  [
    'an empty body',
    'func TestA(t *testing.T) {\n\tif x() { t.Error("no") }\n}\n',
    'func TestA(t *testing.T) {\n}\n',
    'a_test.go',
  ],
  [
    'assert!(true)',
    '#[test]\nfn a() { assert_eq!(x(), 1) }\n',
    '#[test]\nfn a() { assert!(true) }\n',
    'src/lib.rs',
  ],
])('a test weakened to %s is found', async (_name, before, after, path) => {
  expect(await tamper({ [path]: before }, write({ [path]: after }))).toContain(`tests-weakened: ${path}`)
})

test('tests that end the run as if it had gone well are found', async () => {
  const ending = `${ASSERTING}process.exit(0)\n`
  expect(await tamper({ 'a.test.js': ASSERTING }, write({ 'a.test.js': ending }))).toEqual([
    'exit-code-hidden: a.test.js',
  ])
  const hook = 'import os\ndef pytest_sessionfinish():\n    os._exit(0)\n'
  expect(await tamper({}, write({ 'conftest.py': hook }))).toContain('exit-code-hidden: conftest.py')
})

test('an exit code that is hidden blocks in what a check runs, and is told elsewhere', async () => {
  const files = {
    'package.json': manifest({ test: 'bash run.sh' }),
    'run.sh': 'vitest run\n',
    'other.sh': 'ls\n',
  }
  expect(await tamper(files, write({ 'run.sh': 'vitest run || true\n' }))).toEqual([
    'exit-code-hidden: run.sh',
    'test-command-changed (note): run.sh',
  ])
  expect(await tamper(files, write({ 'other.sh': 'ls\nexit 0\n' }))).toEqual([
    'exit-code-hidden (note): other.sh',
  ])
})

const config = (text: string) => `export default { test: { ${text} } }\n`
const pyproject = (value: number) => `[tool.coverage.report]\nfail_under = ${value}\n`

test('coverage that must no longer be reached and tests left out by the configuration are found', async () => {
  const before = config('coverage: { thresholds: { lines: 90, branches: 80 } }')
  const becomes = (text: string) =>
    tamper({ 'vitest.config.ts': before }, write({ 'vitest.config.ts': config(text) }))
  const told = 'test-command-changed (note): vitest.config.ts'
  expect(await becomes('coverage: { thresholds: { lines: 60, branches: 80 } }')).toEqual([
    'coverage-lowered: vitest.config.ts',
    told,
  ])
  expect(await becomes('coverage: { thresholds: { lines: 95, branches: 80 } }')).toEqual([told])
  expect(
    await becomes("coverage: { thresholds: { lines: 90, branches: 80 } }, exclude: ['a.test.ts']"),
  ).toEqual(['tests-skipped: vitest.config.ts', told])
  expect(
    await tamper({ 'pyproject.toml': pyproject(90) }, write({ 'pyproject.toml': pyproject(10) })),
  ).toEqual(['coverage-lowered: pyproject.toml'])
})

test('the checks file is not the agent’s to change', async () => {
  const path = '.agentproxy/checks.yaml'
  expect(await tamper({ [path]: '- npm test\n' }, write({ [path]: '- true\n' }))).toEqual([
    `test-command-changed: ${path}`,
  ])
})
