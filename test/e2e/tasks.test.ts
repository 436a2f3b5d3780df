import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench, jsonLines, taskArgs } from './bench.ts'

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

const source = () => readFile(path.join(bench.project, 'src/sum.js'), 'utf8')

describe('a task that is done', () => {
  test('exits 0, prints nothing but JSON lines, and can be told, proved and shown again', async () => {
    const { code, stdout, stderr } = await bench.command(taskArgs('fix'))
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const lines = jsonLines(stdout)
    const events = lines.slice(0, -1)
    expect(events.map((event) => event['seq'])).toEqual(events.map((_, index) => index + 1))
    expect(events[0]).toMatchObject({ type: 'task.created' })
    const report = lines.at(-1)
    expect(report).toMatchObject({
      type: 'report',
      outcome: 'done',
      reason: 'verified',
      exitCode: 0,
      simulated: true,
    })
    expect(report?.['changes']).toMatchObject([{ path: 'src/sum.js', operation: 'modify' }])
    expect(await source()).toContain('index = 0')

    const id = String(report?.['sessionId'])
    const listed = jsonLines((await bench.command(['list', '--json'])).stdout)
    expect(listed).toMatchObject([{ id, outcome: 'done', title: 'make the failing test pass' }])
    const shown = await bench.command(['show', id.slice(0, 6), '--json'])
    expect(jsonLines(shown.stdout)).toEqual(lines)
    const evidence = jsonLines((await bench.command(['evidence', id, '--json'])).stdout)
    expect(evidence.map((record) => [record['phase'], record['verdict']])).toEqual([
      ['baseline', 'fail'],
      ['turn', 'pass'],
    ])
    const reports = ['--markdown', '../report.md', '--html', '../report.html']
    expect((await bench.command(['evidence', id, ...reports])).code).toBe(0)
    const written = await readFile(path.join(bench.project, '../report.md'), 'utf8')
    expect(written).toContain('# make the failing test pass: verified\n')
    expect(written).toMatch(/^\| .+ \| yes \| fail \| pass \| 3 passed, 0 failed, 0 skipped \|/m)
    expect(await readFile(path.join(bench.project, '../report.html'), 'utf8')).toContain(
      '<td>src/sum.js</td>',
    )
    const diff = (await bench.command(['diff', id])).stdout
    expect(diff).toContain('-  for (let index = 1;')
    expect(diff).toContain('+  for (let index = 0;')

    const put = await bench.command(['rollback', id])
    expect([put.code, put.stdout, put.stderr]).toEqual([0, 'put back  src/sum.js\n', ''])
    expect(await source()).toContain('index = 1')
    expect(await bench.git('status', '--porcelain')).toBe('')
  })

  test('reads well in a pipe, without colours or cursor movement', async () => {
    const args = [...taskArgs('fix'), '--display', 'simple']
    const { code, stdout } = await bench.command(args)
    expect(code).toBe(0)
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toContain('(simulated)')
    expect(stdout).toContain('Before the first turn')
    expect(stdout).toContain('Turn 1 of 10')
    expect(stdout).toContain('── Verified')
    expect(stdout).toContain('simulated, no cost')
  })

  test('says one line when asked to be quiet', async () => {
    const { code, stdout, stderr } = await bench.command([...taskArgs('fix'), '--display', 'quiet'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^done: .+\n$/)
    expect(stderr).toBe('')
  })

  test('may be decided by a model, through the same gateway', async () => {
    const { code, stdout } = await bench.command(taskArgs('fix', '--reasoner-model', 'simulator/reasoner'))
    const decided = jsonLines(stdout).filter((line) => line['type'] === 'decision.made')
    expect(decided).toMatchObject([{ reasoner: 'llm', function: 'mark_done' }])
    expect(code).toBe(0)
  })

  test('survives an upstream in trouble', async () => {
    const { code, stdout } = await bench.command(taskArgs('flaky-upstream'))
    expect(jsonLines(stdout).at(-1)).toMatchObject({ outcome: 'done', reason: 'verified' })
    expect(code).toBe(0)
  })
})

describe('a task that is not done is never accepted', () => {
  test('an agent that only claims to be done', async () => {
    const { code, stdout } = await bench.command(taskArgs('claims-done'))
    const report = jsonLines(stdout).at(-1)
    expect([10, 11]).toContain(code)
    expect(report).toMatchObject({ type: 'report', exitCode: code })
    expect(report?.['outcome']).not.toBe('done')
    expect(JSON.stringify(report?.['findings'])).toContain('no-change')
    expect(jsonLines(stdout).filter((line) => line['accepted'] === true)).toEqual([])
  })

  test('an agent that silences the failing test', async () => {
    const { code, stdout } = await bench.command(taskArgs('breaks-tests'))
    const report = jsonLines(stdout).at(-1)
    expect([10, 11, 12]).toContain(code)
    expect(report?.['outcome']).not.toBe('done')
    expect(JSON.stringify(report?.['findings'])).toContain('tests-skipped')

    // Where the task is about the tests, it is told and stands in no way.
    await bench.command(['rollback', String(report?.['sessionId'])])
    const allowed = await bench.command(taskArgs('breaks-tests', '--allow-test-changes'))
    expect(allowed.code).toBe(0)
    expect(jsonLines(allowed.stdout).at(-1)?.['findings']).toMatchObject([
      { code: 'tests-fewer', blocking: false },
      { code: 'tests-skipped', blocking: false },
    ])
  })

  test('an agent that goes round in circles', async () => {
    const { code, stdout } = await bench.command(taskArgs('loops', '--max-turns', '3'))
    const report = jsonLines(stdout).at(-1)
    expect([11, 12]).toContain(code)
    expect(['stuck', 'capped']).toContain(report?.['outcome'])
    expect(String(report?.['message'])).not.toBe('')
  })

  test('a check that cannot run proves nothing', async () => {
    const args = [
      'do it',
      '--model',
      'simulator/fix',
      '--check',
      'no-such-command-anywhere',
      '--max-turns',
      '2',
      '--json',
    ]
    const { code, stdout } = await bench.command(args)
    expect(code).toBeGreaterThanOrEqual(10)
    const report = jsonLines(stdout).at(-1)
    expect(JSON.stringify(report?.['findings'])).toContain('check-')
    expect(report?.['outcome']).not.toBe('done')
  })
})

describe('the folder', () => {
  test("uncommitted changes are kept and are not the agent's", async () => {
    await bench.write(path.join(bench.project, 'notes.txt'), 'mine\n')
    const { code, stdout } = await bench.command(taskArgs('fix'))
    expect(code).toBe(0)
    const lines = jsonLines(stdout)
    expect(lines.find((line) => line['type'] === 'workspace.opened')).toMatchObject({ dirty: true })
    expect(lines.at(-1)?.['changes']).toMatchObject([{ path: 'src/sum.js' }])
    expect(await readFile(path.join(bench.project, 'notes.txt'), 'utf8')).toBe('mine\n')
    expect((await bench.git('log', '--oneline')).trim().split('\n')).toHaveLength(1)
    expect(await bench.git('stash', 'list')).toBe('')
    expect(await bench.git('status', '--porcelain')).toBe(' M src/sum.js\n?? notes.txt\n')
  })

  test('without git works too, and no .git is left behind', async () => {
    await rm(path.join(bench.project, '.git'), { recursive: true })
    const { code, stdout } = await bench.command(taskArgs('fix'))
    expect(jsonLines(stdout).at(-1)).toMatchObject({ outcome: 'done' })
    expect(code).toBe(0)
    expect((await readdir(bench.project)).toSorted()).toEqual(['README.md', 'package.json', 'src', 'test'])
    const id = String(jsonLines(stdout).at(-1)?.['sessionId'])
    expect((await bench.command(['diff', id])).stdout).toContain('+  for (let index = 0;')
  })
})

describe('checks', () => {
  test('are detected and shown before the first turn', async () => {
    const { code, stdout } = await bench.command([
      'fix it',
      '--model',
      'simulator/fix',
      '--display',
      'simple',
    ])
    expect(code).toBe(0)
    expect(stdout.indexOf('npm test (detected: the script test in package.json)')).toBeGreaterThan(0)
    expect(stdout.indexOf('npm test (detected: the script test in package.json)')).toBeLessThan(
      stdout.indexOf('Turn 1'),
    )
  })

  test('can be done without, which is never called verified', async () => {
    const { code, stdout } = await bench.command([
      ...taskArgs('fix').filter((word) => word !== '--check' && word !== 'npm test'),
      '--no-verify',
    ])
    expect(code).toBe(20)
    expect(jsonLines(stdout).at(-1)).toMatchObject({ outcome: 'unverified', exitCode: 20 })
  })

  test('can be listed, tried and explained without a task', async () => {
    const list = await bench.command(['checks', 'list'])
    expect(list.stdout).toBe(
      'npm test (required, at most 10m, detected from the script test in package.json)\n',
    )
    const failing = await bench.command(['checks', 'run', '--json'])
    expect(failing.code).toBe(10)
    expect(jsonLines(failing.stdout)).toMatchObject([{ check: 'npm test', verdict: 'fail', exitCode: 1 }])
    const passing = await bench.command(['checks', 'run', '--check', 'true'])
    expect([passing.code, passing.stdout]).toEqual([0, expect.stringContaining('✓ true  pass')])
    const vacuous = await bench.command(['checks', 'run', '--check', 'echo "no tests ran"'])
    expect(vacuous.code).toBe(10)
    expect((await bench.command(['checks', 'explain'])).stdout).toContain('vacuous')
  })

  test.each(['SIGTERM', 'SIGHUP'] as const)('that run are ended by %s', async (signal) => {
    const mark = path.join(bench.home, `pid-${signal}`)
    const running = bench.start(['checks', 'run', '--check', `echo $$ > '${mark}'; exec sleep 600`])
    await expect.poll(() => readFile(mark, 'utf8').catch(() => ''), { timeout: 30_000 }).toMatch(/\d\n/)
    running.child.kill(signal)
    expect((await running.done).code).toBe(130)
    const pid = Number(await readFile(mark, 'utf8'))
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  test('come from .agentproxy/checks.yaml', async () => {
    await bench.write(
      path.join(bench.project, '.agentproxy/checks.yaml'),
      '- { name: tests, command: node --test }\n',
    )
    const { code, stdout } = await bench.command(['fix it', '--model', 'simulator/fix', '--json'])
    expect(code).toBe(0)
    expect(jsonLines(stdout)[0]).toMatchObject({
      contract: { checksFrom: 'file', checks: [{ name: 'tests', command: 'node --test' }] },
    })
  })
})
