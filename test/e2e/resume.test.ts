import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bench, Json, Running } from './bench.ts'
import { createBench, jsonLines, processesWith, taskArgs } from './bench.ts'

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
  // Hangs in a command the first time it is met, so that there is a middle of a turn to be killed in.
  await bench.write('scenarios/slow-fix.yaml', slowFix(path.join(bench.home, 'met')))
  env = {
    AGENTPROXY_PLUGINS__PROVIDER_SIMULATOR__SCENARIOS: JSON.stringify([path.join(bench.home, 'scenarios')]),
  }
})
afterEach(() => bench.dispose())

/** Starts the task and waits until the agent's command sleeps; gives the markers of its processes. */
async function startAndWait(): Promise<{ running: Running; markers: readonly string[] }> {
  const running = bench.start(taskArgs('slow-fix', '-s', 'slow'), { env })
  await running.line((line) => line.includes('"tool_call"'))
  await until(async () => existsSync(path.join(bench.home, 'met')))
  const shown = await bench.command(['show', 'slow', '--json'])
  return { running, markers: markersOf(jsonLines(shown.stdout)) }
}

function markersOf(lines: readonly Json[]): readonly string[] {
  const starting = lines.filter((line) => line['type'] === 'process.starting')
  return starting.map((line) => String(line['marker']))
}

async function alive(markers: readonly string[]): Promise<readonly number[]> {
  return (await Promise.all(markers.map(processesWith))).flat()
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('what was waited for did not happen')
}

async function resumeToTheEnd(): Promise<readonly Json[]> {
  const { code, stdout, stderr } = await bench.command(['resume', 'slow', '--json'], { env })
  expect(stderr).toBe('')
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'report', outcome: 'done', reason: 'verified' })
  expect(code).toBe(0)
  const log = jsonLines((await bench.command(['show', 'slow', '--json'])).stdout).slice(0, -1)
  expect(log.map((event) => event['seq'])).toEqual(log.map((_, index) => index + 1))
  return log
}

describe('a task that was stopped', () => {
  test('kill -9 in the middle of a turn, and resume ends it verified, with no gap and no orphan', async () => {
    const { running, markers } = await startAndWait()
    expect(markers.length).toBeGreaterThan(0)
    expect(await alive(markers)).not.toEqual([])
    running.child.kill('SIGKILL')
    await running.done
    const log = await resumeToTheEnd()
    expect(log.filter((event) => event['type'] === 'task.resumed')).toHaveLength(1)
    expect(await alive(markersOf(log))).toEqual([])
  })

  test('Ctrl-C saves, says how to resume and exits 130 without an orphan; resume ends it verified', async () => {
    const { running, markers } = await startAndWait()
    running.child.kill('SIGINT')
    const { code, stdout, stderr } = await running.done
    expect(code).toBe(130)
    expect(stderr).toContain('pa resume slow')
    expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'report', outcome: 'cancelled', exitCode: 130 })
    expect(await alive(markers)).toEqual([])
    await resumeToTheEnd()
  })

  test('a second Ctrl-C kills at once, without an orphan', async () => {
    const { running, markers } = await startAndWait()
    running.child.kill('SIGINT')
    running.child.kill('SIGINT')
    expect((await running.done).code).toBe(130)
    await until(async () => (await alive(markers)).length === 0)
  })

  test('a session that another process runs is left alone', async () => {
    const { running } = await startAndWait()
    const { code, stderr } = await bench.command(['resume', 'slow', '--json'], { env })
    expect(code).toBe(1)
    expect(stderr).toContain('slow is being run by another process')
    running.child.kill('SIGINT')
    await running.done
  })

  test('a finished one only reports', async () => {
    await bench.command(taskArgs('fix', '-s', 'done-one'))
    const { code, stdout } = await bench.command(['resume', 'done-one', '--json'])
    expect(code).toBe(0)
    expect(jsonLines(stdout)).toMatchObject([{ type: 'report', outcome: 'done' }])
  })
})
