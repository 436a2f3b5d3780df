import { block, modify } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { hooking, project } from '../testing/hooking-plugin.ts'
import { fixture } from '../testing/task-fixture.ts'
import { writeFiles } from '../testing/temp-folder.ts'

test('task.before-done keeps a proved task from being done until it agrees', async () => {
  const { folder, fix } = project()
  const prompts: string[] = []
  const guard = hooking('task.before-done', ({ evidence, filesChanged }) => {
    expect(evidence).toMatchObject([{ verdict: 'pass' }])
    return filesChanged.includes('CHANGELOG.md') ? undefined : block('write a changelog entry')
  })
  const set = await fixture({
    folder,
    plugins: [guard],
    agent({ turn, prompt }) {
      prompts.push(prompt)
      if (turn === 1) fix()
      else writeFiles(folder, { 'CHANGELOG.md': 'Fixed.\n' })
    },
  })
  expect(await set.run({})).toMatchObject({ outcome: 'done', turns: 2 })
  expect(prompts[1]).toContain('Done was blocked by plugin hooking: write a changelog entry')
})

test('task.before-done that never agrees ends the task stuck, with its reason', async () => {
  const { folder, fix } = project()
  const set = await fixture({
    folder,
    agent: fix,
    plugins: [hooking('task.before-done', () => block('never'))],
  })
  const report = await set.run({})
  expect(report).toMatchObject({ outcome: 'stuck' })
  expect(report.findings).toMatchObject([
    { code: 'blocked-by-plugin', detail: expect.stringContaining('never') },
  ])
})

test('a guard that changes files while it decides makes the checks run again', async () => {
  const { folder, fix } = project()
  let times = 0
  const guard = hooking('task.before-done', () => {
    if (times++ === 0) writeFiles(folder, { 'stamp.txt': 'stamp\n' })
  })
  const set = await fixture({ folder, agent: fix, plugins: [guard] })
  expect(await set.run({})).toMatchObject({ outcome: 'done', turns: 1 })
  expect(times).toBe(2)
  expect(set.payloads('check.finished').filter((event) => event.phase === 'turn')).toHaveLength(2)
})

test('decision may be changed, and blocking every decision ends the task', async () => {
  const { folder, fix } = project()
  const again = hooking('decision', ({ function: name, turn }) =>
    name === 'mark_done' && turn === 1
      ? modify({ function: 'send_to_claude', arguments: { instruction: 'Once more.' } })
      : undefined,
  )
  const set = await fixture({
    folder,
    agent: ({ turn }) => (turn === 1 ? fix() : writeFiles(folder, { 'b.txt': 'b' })),
    plugins: [again],
  })
  expect(await set.run({})).toMatchObject({ outcome: 'done', turns: 2 })
  expect(set.payloads('decision.made').map((event) => event.function)).toEqual(['send_to_agent', 'mark_done'])
  const blocked = await fixture({
    folder: project().folder,
    agent: () => {},
    plugins: [hooking('decision', () => block('no'))],
  })
  expect(await blocked.run({})).toMatchObject({ outcome: 'stuck', reason: 'no_decision' })
})

test('check.before may change the command, and a blocked check is no proof', async () => {
  const { folder, fix } = project()
  const set = await fixture({
    folder,
    agent: fix,
    plugins: [hooking('check.before', ({ command }) => modify({ command: `${command} && echo really` }))],
  })
  expect(await set.run({})).toMatchObject({ outcome: 'done' })
  expect(set.payloads('check.finished').at(-1)?.result).toMatchObject({ outputTail: 'really\n' })
  const blocked = await fixture({
    folder: project().folder,
    agent: fix,
    plugins: [hooking('check.before', () => block('no'))],
  })
  const report = await blocked.run({ expectsChange: false, budgets: { maxTurns: 1, maxTimeMs: null } })
  expect(report.findings.map((finding) => finding.code)).toEqual(['check-missing'])
})

test('function.before may change an instruction before the agent gets it', async () => {
  const { folder, fix } = project()
  const prompts: string[] = []
  const rewrite = hooking('function.before', ({ function: name }) =>
    name === 'send_to_agent' ? modify({ arguments: { instruction: 'In other words.' } }) : undefined,
  )
  const agent = ({ turn, prompt }: { turn: number; prompt: string }) => {
    prompts.push(prompt)
    if (turn === 1) writeFiles(folder, { 'a.txt': 'half\n' })
    else fix()
  }
  const set = await fixture({ folder, agent, plugins: [rewrite] })
  expect(await set.run({})).toMatchObject({ outcome: 'done' })
  expect(prompts[1]).toBe('In other words.')
})
