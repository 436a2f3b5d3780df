import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SampleAgent, sampleProject, testsPass } from '../testing/sample-agent.ts'
import type { Dialect } from '../testing/sample-agent.ts'
import { scriptedServer } from '../testing/scripted-server.ts'

const dialects: readonly Dialect[] = ['builtin', 'claude-code', 'claude-code --bare']

const wantedCalls: Readonly<Record<Dialect, readonly string[]>> = {
  builtin: ['read_file', 'read_file', 'edit_file', 'run_command'],
  'claude-code': ['Read', 'Read', 'Edit', 'Bash'],
  'claude-code --bare': ['Bash', 'Bash', 'Bash', 'Bash'],
}

test.each(dialects)('fix: an agent with the tools of %s repairs the sample project', async (dialect) => {
  const folder = sampleProject()
  const agent = new SampleAgent({ url: await scriptedServer(), folder, dialect })
  expect(testsPass(folder)).toBe(false)
  expect(await agent.turn('fix', 'Make the failing test pass')).toMatch(
    /^\[simulated\] Done: the loop in src/,
  )
  expect(testsPass(folder)).toBe(true)
  expect(agent.calls).toEqual(wantedCalls[dialect])
  expect(await agent.turn('fix', 'Are you sure?')).toMatch(/Done/)
})

test('fix: says so when the tests still fail', async () => {
  const folder = sampleProject()
  const failing = "import { test } from 'node:test'\ntest('no', () => { throw new Error() })\n"
  writeFileSync(join(folder, 'test/other.test.js'), failing)
  const agent = new SampleAgent({ url: await scriptedServer(), folder, dialect: 'builtin' })
  expect(await agent.turn('fix', 'Make the failing test pass')).toMatch(
    /^\[simulated\] The tests do not pass/,
  )
})

test.each(dialects)(
  'claims-done: with the tools of %s it says done twice and changes nothing',
  async (dialect) => {
    const folder = sampleProject()
    const agent = new SampleAgent({ url: await scriptedServer(), folder, dialect })
    expect(await agent.turn('claims-done', 'Make the failing test pass')).toMatch(/^\[simulated\] Done!/)
    expect(await agent.turn('claims-done', 'The tests fail')).toMatch(/^\[simulated\].*all tests pass/)
    expect(agent.calls).toEqual([])
    expect(testsPass(folder)).toBe(false)
  },
)

test.each(dialects)(
  'breaks-tests: with the tools of %s it skips the failing test and insists',
  async (dialect) => {
    const folder = sampleProject()
    const source = readFileSync(join(folder, 'src/sum.js'), 'utf8')
    const agent = new SampleAgent({ url: await scriptedServer(), folder, dialect })
    expect(await agent.turn('breaks-tests', 'Make the failing test pass')).toMatch(/^\[simulated\] Done/)
    expect(testsPass(folder)).toBe(true)
    expect(readFileSync(join(folder, 'test/sum.test.js'), 'utf8')).toContain(
      "test.skip('every number counts'",
    )
    expect(readFileSync(join(folder, 'src/sum.js'), 'utf8')).toBe(source)
    expect(await agent.turn('breaks-tests', 'You skipped a test')).toMatch(/^\[simulated\] It is done/)
    expect(agent.calls).toHaveLength(2)
  },
)

test('loops: calls the same tool with the same input for as long as it is asked', async () => {
  const agent = new SampleAgent({ url: await scriptedServer(), folder: sampleProject(), dialect: 'builtin' })
  await agent.turn('loops', 'Make the failing test pass', 8)
  expect(agent.calls).toEqual(Array.from({ length: 7 }, () => 'read_file'))
})
