import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench, jsonLines, taskArgs } from './bench.ts'

let bench: Bench
beforeEach(async () => (bench = await createBench()))
afterEach(() => bench.dispose())

const source = (): Promise<string> => readFile(path.join(bench.project, 'src/sum.js'), 'utf8')

test('a task in a worktree leaves the folder alone until it is applied, and goes without a trace', async () => {
  const before = await source()
  const run = await bench.command(taskArgs('fix', '--workspace', 'worktree', '-s', 'tree'))
  expect(run.code).toBe(0)
  expect(jsonLines(run.stdout).at(-1)).toMatchObject({
    outcome: 'done',
    workspace: 'worktree',
    applied: false,
  })
  expect(await source()).toBe(before)
  const refused = await bench.command(['clean', 'tree'])
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--discard')])
  const applied = await bench.command(['apply', 'tree', '--json'])
  expect(JSON.parse(applied.stdout)).toEqual({ sessionId: 'tree', verified: true, paths: ['src/sum.js'] })
  expect(await source()).not.toBe(before)
  expect((await bench.command(['clean', 'tree'])).code).toBe(0)
  expect(await bench.git('branch', '--list', 'agentproxy/*')).toBe('')
  expect((await bench.git('worktree', 'list')).trim().split('\n')).toHaveLength(1)
  expect((await bench.command(['diff', 'tree'])).stdout).toContain('src/sum.js')
})

test('--apply of what no longer fits exits with 19, and means nothing in place', async () => {
  const late = [
    '--workspace',
    'clone',
    '--apply',
    '-s',
    'late',
    '--check',
    `echo mine > ${bench.project}/src/sum.js`,
  ]
  const run = await bench.command(taskArgs('fix', ...late))
  expect(jsonLines(run.stdout).at(-1)).toMatchObject({ outcome: 'done', applied: false, exitCode: 19 })
  expect(run.code).toBe(19)
  expect(await source()).toBe('mine\n')
  const needless = await bench.command(['do it', '--apply', '--model', 'simulator/fix', '--check', 'true'])
  expect([needless.code, needless.stderr]).toEqual([2, expect.stringContaining('--workspace worktree')])
})
