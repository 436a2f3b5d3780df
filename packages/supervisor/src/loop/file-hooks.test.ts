import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { block } from '@agentproxy/plugin'
import { describe, expect, test } from 'vitest'
import { hooking, project } from '../testing/hooking-plugin.ts'
import { fixture } from '../testing/task-fixture.ts'
import { writeFiles } from '../testing/temp-folder.ts'

describe('file.change', () => {
  const protect = hooking('file.change', ({ path, phase }) =>
    path.startsWith('keep') && phase === 'after' ? block('protected') : undefined,
  )

  test('puts a refused file back and tells the agent, and keeps the other changes', async () => {
    const { folder, fix } = project()
    const prompts: string[] = []
    const set = await fixture({
      folder,
      plugins: [protect],
      agent({ turn, prompt }) {
        prompts.push(prompt)
        writeFiles(folder, { 'keep.txt': 'changed\n', 'keep/new.txt': 'new\n', 'other.txt': 'other\n' })
        if (turn === 2) fix()
      },
    })
    const report = await set.run({})
    expect(report).toMatchObject({ outcome: 'done', turns: 2 })
    expect(report.changes.map((file) => file.path)).toEqual(['a.txt', 'other.txt'])
    expect(readFileSync(join(folder, 'keep.txt'), 'utf8')).toBe('keep\n')
    expect(existsSync(join(folder, 'keep'))).toBe(false)
    expect(prompts[1]).toContain(
      'keep.txt was put back as it was: plugin hooking refused the change (protected)',
    )
    expect(set.payloads('file.rolled-back').map((event) => event.path)).toEqual([
      'keep.txt',
      'keep/new.txt',
      'keep.txt',
      'keep/new.txt',
    ])
  })

  test('is asked before a write when the agent asks, with what will happen to the file', async () => {
    const { folder, fix } = project()
    const asked: string[] = []
    const guard = hooking('file.change', ({ path, phase, operation }) => {
      asked.push(`${phase} ${operation} ${path}`)
      return path === 'keep.txt' ? block('protected') : undefined
    })
    const answers: string[] = []
    const set = await fixture({
      folder,
      plugins: [guard],
      async agent(turn) {
        const ask = async (kind: 'edit' | 'delete' | 'execute', path: string) => {
          const answer = await turn.requestPermission({
            tool: 'write',
            kind,
            title: path,
            input: {},
            paths: [path],
          })
          answers.push(`${answer.decision}: ${answer.reason}`)
        }
        await ask('edit', 'keep.txt')
        await ask('edit', join(folder, 'new.txt'))
        await ask('delete', 'a.txt')
        await ask('edit', '../outside.txt')
        await ask('execute', 'keep.txt')
        fix()
      },
    })
    expect(await set.run({})).toMatchObject({ outcome: 'done' })
    expect(asked).toEqual([
      'before modify keep.txt',
      'before create new.txt',
      'before delete a.txt',
      'after modify a.txt',
    ])
    expect(answers.map((answer) => answer.split(':')[0])).toEqual(['deny', 'allow', 'allow', 'deny', 'allow'])
    expect(set.payloads('permission.decided').map((event) => event.by)).toEqual([
      'hooking',
      'policy',
      'policy',
      'policy',
      'policy',
    ])
  })
})

test('permission.request answers before the default does', async () => {
  const { folder, fix } = project()
  let answer: unknown = null
  const set = await fixture({
    folder,
    plugins: [
      hooking('permission.request', ({ tool }) =>
        tool === 'bash' ? { decision: 'deny', reason: 'no shell' } : null,
      ),
    ],
    async agent(turn) {
      answer = await turn.requestPermission({
        tool: 'bash',
        kind: 'execute',
        title: 'rm',
        input: 'rm',
        paths: [],
      })
      fix()
    },
  })
  await set.run({})
  expect(answer).toMatchObject({ decision: 'deny', reason: 'no shell' })
})
