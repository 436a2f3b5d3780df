import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { block, definePlugin, modify } from '@agentproxy/plugin'
import { describe, expect, test } from 'vitest'
import { commandCheck } from '../gate/parse-checks.ts'
import { exitCodeFor } from '../session/task-report.ts'
import { hooking, project } from '../testing/hooking-plugin.ts'
import { fixture } from '../testing/task-fixture.ts'

test('every hook of a task fires, in order', async () => {
  const { folder, fix } = project()
  const fired: string[] = []
  const names = [
    'task.start',
    'check.before',
    'check.after',
    'agent.start',
    'agent.output',
    'file.change',
    'reasoning.start',
    'reasoning.complete',
    'decision',
    'function.before',
    'function.after',
    'task.before-done',
    'task.complete',
    'task.error',
  ] as const
  const listener = definePlugin({
    name: 'listener',
    version: '1.0.0',
    setup(ctx) {
      for (const name of names) ctx.hook(name, () => void fired.push(name))
    },
  })
  const set = await fixture({
    folder,
    plugins: [listener],
    agent(turn) {
      turn.emit({ type: 'text', text: 'working' })
      fix()
    },
  })
  expect(await set.run({})).toMatchObject({ outcome: 'done' })
  expect(fired).toEqual([
    'task.start',
    'check.before',
    'check.after',
    'agent.start',
    'agent.output',
    'file.change',
    'check.before',
    'check.after',
    'reasoning.start',
    'reasoning.complete',
    'decision',
    'function.before',
    'task.before-done',
    'function.after',
    'task.complete',
  ])
})

describe('task.start', () => {
  test('may block the task', async () => {
    const { folder, fix } = project()
    const ends: string[] = []
    const plugins = [
      hooking('task.start', () => block('not on a Friday')),
      definePlugin({
        name: 'observer',
        version: '1.0.0',
        setup: (ctx) => void ctx.hook('task.error', (end) => void ends.push(end.outcome)),
      }),
    ]
    const set = await fixture({ folder, agent: fix, plugins })
    const report = await set.run({})
    expect(report).toMatchObject({
      outcome: 'blocked',
      message: 'Task blocked by plugin hooking: not on a Friday',
      turns: 0,
    })
    expect(exitCodeFor(report)).toBe(18)
    expect(ends).toEqual(['blocked'])
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('broken\n')
  })

  test('may change what is asked, and the changed contract holds', async () => {
    const { folder } = project()
    const prompts: string[] = []
    const checks = [commandCheck('grep -q other a.txt')]
    const set = await fixture({
      folder,
      plugins: [hooking('task.start', ({ prompt }) => modify({ prompt: `${prompt} Politely.`, checks }))],
      agent({ prompt }) {
        prompts.push(prompt)
        writeFileSync(join(folder, 'a.txt'), 'other\n')
      },
    })
    expect(await set.run({ objective: 'Do it.' })).toMatchObject({ outcome: 'done' })
    expect(prompts[0]).toMatch(/^Do it\. Politely\./)
    expect(set.payloads('task.started')[0]?.contract.checks).toEqual(checks)
  })

  test('that throws or hangs lets the task go on, unless the plugin asked to block then', async () => {
    for (const handler of [() => Promise.reject(new Error('bug')), () => new Promise<undefined>(() => {})]) {
      const { folder, fix } = project()
      const open = await fixture({
        folder,
        agent: fix,
        plugins: [hooking('task.start', handler, { timeoutMs: 200 })],
      })
      expect(await open.run({})).toMatchObject({ outcome: 'done' })
      const closed = await fixture({
        folder,
        agent: fix,
        plugins: [hooking('task.start', handler, { timeoutMs: 200, onError: 'block' })],
      })
      expect(await closed.run({})).toMatchObject({ outcome: 'blocked' })
    }
  })
})

describe('agent.start', () => {
  test('may add to the prompt and to the environment of what the agent starts', async () => {
    const { folder, fix } = project()
    let seen = ''
    const set = await fixture({
      folder,
      plugins: [
        hooking('agent.start', ({ prompt }) =>
          modify({ prompt: `${prompt}\nBe brief.`, model: 'small', env: { EXTRA: 'yes' } }),
        ),
      ],
      async agent(turn) {
        fix()
        const child = turn.spawn({
          command: '/bin/sh',
          args: ['-c', 'echo "$EXTRA $OWN $TRACEPARENT"'],
          env: { OWN: 'mine' },
          stdin: 'closed',
        })
        for await (const line of child.lines) seen += line
        expect(turn.prompt).toContain('Be brief.')
        expect(turn.model).toBe('small')
      },
    })
    expect(await set.run({})).toMatchObject({ outcome: 'done' })
    expect(seen).toMatch(/^yes mine 00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })

  test('may block', async () => {
    const { folder, fix } = project()
    const set = await fixture({
      folder,
      agent: fix,
      plugins: [hooking('agent.start', () => block('no budget'))],
    })
    expect(await set.run({})).toMatchObject({
      outcome: 'blocked',
      message: expect.stringContaining('plugin hooking: no budget'),
    })
  })
})
