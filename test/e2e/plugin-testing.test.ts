import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contractRules } from '@agentproxy/plugin-testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root } from '../repository.ts'

const BIN = join(root, 'packages/plugin-testing/bin/plugin-testing.js')
const LEAKS = `import { definePlugin } from '@agentproxy/plugin'
import { everyMinute } from './clock.ts'
export default definePlugin({
  name: 'leaky',
  version: '1.0.0',
  setup(): void {
    everyMinute()
  },
})
`
const CLOCK = `export function everyMinute(): void {
  setInterval(() => {}, 60_000)
}
`
const NEEDY = `const config = { '~standard': { version: 1, vendor: 'x', validate: (value) =>
  typeof value !== 'object' || Array.isArray(value) ? { issues: [{ message: 'must be an object' }] }
  : value.key === undefined ? { issues: [{ message: 'is required', path: ['key'] }] } : { value } } }
export default { name: 'needy', version: '1.0.0', config, dependencies: ['base'], setup: (ctx) => void ctx.getPlugin('base') }`

let folder = ''
beforeEach(async () => {
  if (!existsSync(join(root, 'packages/plugin-testing/dist/main.js')))
    throw new Error('These tests run the built command: run `npm run build` first.')
  folder = await mkdtemp(join(tmpdir(), 'plugin-testing-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

function node(...args: readonly string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env
    execFile(process.execPath, args, { cwd: folder, env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    )
  })
}

test('a TypeScript plugin that keeps the contract ends with 0 and a line for each check', async () => {
  const { code, stdout } = await node(BIN, join(root, 'examples/task-journal'))
  const lines = stdout.split('\n').slice(0, contractRules.length)
  expect(lines.map((line) => line.split(/\s+/)[1])).toEqual(contractRules.map(({ id }) => id))
  expect(stdout).toMatch(/^✓ dispose\.handles/m)
  expect(stdout).toMatch(/^– routes\.answer +it has no routes/m)
  expect(stdout).toMatch(/\d+ passed, 0 failed, \d+ do not apply/)
  expect(code).toBe(0)
})

test('one that leaves a timer running is told where it began, and the command ends all the same, with 1', async () => {
  await file('clock.ts', CLOCK)
  const plugin = await file('leaky.ts', LEAKS)
  const { code, stdout } = await node(BIN, plugin)
  expect(stdout).toMatch(
    /✗ dispose\.handles .*\n +it leaves a timer opened at everyMinute \(.*clock\.ts:2:\d+\)/,
  )
  expect(stdout).toContain(' 1 failed')
  expect(code).toBe(1)
})

test('the report as JSON has an outcome and a reason for each check', async () => {
  const base = await file('base.mjs', `export default { name: 'base', version: '1.0.0', setup() {} }`)
  const plugin = await file('needy.mjs', NEEDY)
  const config = await file('config.json', '{ "key": 1 }')
  const { code, stdout } = await node(BIN, plugin, '--with', base, '--config', config, '--json')
  const report = JSON.parse(stdout) as { checks: { id: string; outcome: string; reason: string | null }[] }
  expect(report).toMatchObject({ ok: true, failed: 0 })
  expect(report.checks.find(({ id }) => id === 'setup.deadline')).toMatchObject({
    outcome: 'pass',
    reason: null,
  })
  expect(code).toBe(0)
  const without = await node(BIN, plugin, '--with', base)
  expect(without.stdout).toContain('key: is required; give a configuration that works as `config`')
  expect(without.code).toBe(1)
})

test.each([
  [[], 'name one plugin'],
  [['./absent.ts'], 'there is no file or folder ./absent.ts'],
  [['.', '--config', 'absent.json'], 'cannot read the configuration absent.json'],
  [['.', '--loud'], "Unknown option '--loud'"],
  [['.', '--skip', 'hooks.hang'], '--skip ID=REASON'],
  [['.', '--skip', 'hooks.hangs=slow'], 'there is no check hooks.hangs to skip'],
])('called as %j it ends with 2 and says what is wrong', async (args, problem) => {
  const { code, stderr, stdout } = await node(BIN, ...args)
  expect(stderr).toContain(problem)
  expect(stderr).not.toMatch(/^ +at /m)
  expect([code, stdout]).toEqual([2, ''])
})

test('under node:test a check that does not hold fails, and one that does not apply is skipped', async () => {
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const suite = await file(
    'contract.test.mjs',
    `import { describe, test } from 'node:test'
     import { describeContract } from '@agentproxy/plugin-testing'
     describeContract({ name: 'Bad Name', version: '1.0.0', setup() {} }, {}, { describe, test })
     describeContract({ name: 'good', version: '1.0.0', setup() {} }, {}, { describe, test })`,
  )
  const { code, stdout } = await node('--test', '--test-reporter=tap', suite)
  expect(stdout).toMatch(/not ok \d+ - manifest\.name/)
  expect(stdout).toMatch(/ok \d+ - reload\.fifty/)
  expect(stdout).toMatch(/ok \d+ - tools\.schema.*# SKIP it has no tools/)
  expect(stdout).toMatch(/# fail 1$/m)
  expect(code).toBe(1)
})
