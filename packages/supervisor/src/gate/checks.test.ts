import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../testing/temp-folder.ts'
import { detectChecks, loadChecksFile, parseChecks } from './checks.ts'

async function detected(files: Record<string, string>): Promise<string[]> {
  return (await detectChecks(tempFolder(files))).map((check) => check.command)
}

test('the test command of a project is detected from its files', async () => {
  expect(await detected({ 'package.json': '{"scripts":{"test":"vitest run"}}' })).toEqual(['npm test'])
  expect(
    await detected({
      'package.json': '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}',
    }),
  ).toEqual([])
  expect(await detected({ 'package.json': 'not json' })).toEqual([])
  expect(await detected({ 'pyproject.toml': '[tool.pytest.ini_options]\n' })).toEqual(['pytest'])
  expect(await detected({ 'go.mod': 'module x\n', 'Cargo.toml': '' })).toEqual([
    'go test ./...',
    'cargo test',
  ])
  expect(await detected({ Makefile: 'test:\n\ttrue\n' })).toEqual(['make test'])
  expect(await detected({})).toEqual([])
})

test('a document of checks is read in its short and its long form', () => {
  const long = { name: 'types', command: 'tsc', required: false, timeoutMs: 5 }
  const parsed = parseChecks({ checks: ['npm test', long] }, 'checks.yaml')
  expect(parsed).toEqual([
    { name: 'npm test', kind: 'command', command: 'npm test', required: true, timeoutMs: 600_000 },
    { ...long, kind: 'command' },
  ])
  expect(parseChecks(['a'], 'x')).toHaveLength(1)
})

test.each([
  [null],
  [{ checks: [{ name: 'x' }] }],
  [[{ command: 'a', timeoutMs: -1 }]],
  [[{ command: 'a', requird: true }]],
  [['a', 'a']],
])('a document that is not valid is refused with its name: %j', (value) => {
  expect(() => parseChecks(value, 'my-checks.yaml')).toThrow(/my-checks\.yaml/)
})

test('a checks file in JSON is read, an unreadable one is refused', async () => {
  const folder = tempFolder({ 'ok.json': '["npm test"]', 'bad.json': '{' })
  expect(await loadChecksFile(join(folder, 'ok.json'))).toHaveLength(1)
  await expect(loadChecksFile(join(folder, 'bad.json'))).rejects.toMatchObject({ code: 'CHECKS_INVALID' })
  await expect(loadChecksFile(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'CHECKS_INVALID' })
})
