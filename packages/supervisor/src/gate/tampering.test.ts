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
