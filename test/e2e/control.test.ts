import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bench, Json, Running } from './bench.ts'
import { createBench, jsonLines, taskArgs } from './bench.ts'

let bench: Bench
let env: Record<string, string>

const slowFix = (met: string): string => `
name: Slow fix
description: Sleeps once, then repairs the code.
steps:
  - when: { toolResults: 0 }
    then:
      - tool: [{ name: run_command, input: { command: "test -e ${met} || { touch ${met}; sleep 300; }" } }]
  - when: { toolResults: 1 }
    then:
      - tool:
          - name: edit_file
            input: { path: src/sum.js, old_text: "let index = 1", new_text: "let index = 0" }
  - then:
      - text: "[simulated] Done."
`

beforeEach(async () => {
  bench = await createBench()
  await bench.write('scenarios/slow-fix.yaml', slowFix(path.join(bench.home, 'met')))
  env = {
    AGENTPROXY_PLUGINS__PROVIDER_SIMULATOR__SCENARIOS: JSON.stringify([path.join(bench.home, 'scenarios')]),
  }
})
afterEach(() => bench.dispose())

/** Starts the task in a process of its own and waits until the agent's command sleeps. */
async function startTask(): Promise<Running> {
  const running = bench.start(taskArgs('slow-fix', '-s', 'slow'), { env })
  await running.line((line) => line.includes('"tool_call"'))
  await expect.poll(() => existsSync(path.join(bench.home, 'met')), { timeout: 20_000 }).toBe(true)
  return running
}

async function stateOf(): Promise<unknown> {
  return jsonLines((await bench.command(['list', '--json'])).stdout)[0]?.['state']
}

const of = (lines: readonly Json[], type: string): Json[] => lines.filter((line) => line['type'] === type)

test('a task is watched and spoken to from other terminals, and their leaving does not end it', async () => {
  const running = await startTask()
  const watcher = bench.start(['attach', 'slow', '--json'], { input: '' })
  await watcher.line((line) => line.includes('"tool_call"'))
  watcher.child.kill('SIGINT')
  expect(await watcher.done).toMatchObject({ code: 0, stderr: expect.stringContaining('goes on') })
  const speaker = bench.start(['attach', 'slow', '--json'], { input: '/interrupt never mind the rest\n' })
  const [own, seen] = await Promise.all([running.done, speaker.done])
  expect([own.code, seen.code]).toEqual([0, 0])
  const events = jsonLines(own.stdout)
  expect(of(events, 'turn.started').map(({ prompt }) => prompt)).toContainEqual('never mind the rest')
  expect(jsonLines(seen.stdout)).toEqual(events)
  const late = await bench.command(['send', 'slow', 'too late'])
  expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('has ended') })
})

test('a task is paused, let go on, and stopped; what is said meanwhile is heard when it is resumed', async () => {
  const running = await startTask()
  expect((await bench.command(['pause', 'slow'])).code).toBe(0)
  await expect.poll(stateOf, { timeout: 20_000, interval: 300 }).toBe('paused')
  expect((await bench.command(['answer', 'slow', 'yes'])).code).toBe(2)
  expect((await bench.command(['stop', 'slow'])).code).toBe(0)
  const { code, stdout } = await running.done
  expect(code).toBe(130)
  expect(jsonLines(stdout).at(-1)).toMatchObject({ outcome: 'cancelled', reason: 'stopped' })
  expect((await bench.command(['send', 'slow', '--queue', 'and mind the tests'])).code).toBe(0)
  const resumed = await bench.command(['resume', 'slow', '--json'], { env })
  expect(resumed.code).toBe(0)
  const prompts = of(jsonLines(resumed.stdout), 'turn.started').map(({ prompt }) => String(prompt))
  expect(prompts.some((prompt) => prompt.includes('and mind the tests'))).toBe(true)
})

test('where nobody can be asked, --approve ask refuses and says so', async () => {
  const { stdout } = await bench.command([...taskArgs('fix', '--approve', 'ask'), '--max-turns', '1'])
  const events = jsonLines(stdout)
  expect(of(events, 'permission.decided')[0]).toMatchObject({ decision: 'deny', by: 'policy' })
  expect(of(events, 'notice').map(({ text }) => text)).toContainEqual(
    expect.stringContaining('no terminal and no service'),
  )
})
