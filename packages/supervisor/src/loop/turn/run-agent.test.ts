import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AgentTurn, definePlugin } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { fixture } from '../../testing/task-fixture.ts'
import { tempFolder } from '../../testing/temp-folder.ts'

const aborted = (turn: AgentTurn) =>
  new Promise<void>((resolve) => turn.signal.addEventListener('abort', () => resolve(), { once: true }))

test('an agent that ends its turn itself is given the time, is told why, and keeps its conversation', async () => {
  const stop = new AbortController()
  let why: unknown = null
  const set = await fixture({
    folder: tempFolder({ 'a.txt': '' }),
    capabilities: { interrupt: true },
    async agent(turn) {
      const child = turn.spawn({ command: 'sleep', args: ['60'], env: {}, stdin: 'closed' })
      const told = aborted(turn)
      stop.abort()
      await told
      why = turn.signal.reason
      await sleep(50)
      const running = await Promise.race([child.exit.then(() => false), sleep(0, true)])
      return { stopReason: 'cancelled', message: running ? 'saved' : 'killed', conversationId: 'kept' }
    },
  })
  expect(await set.run({}, { signal: stop.signal })).toMatchObject({ outcome: 'cancelled' })
  expect(why).toMatchObject({ message: 'The turn was interrupted.' })
  expect(set.payloads('turn.finished')[0]?.result).toMatchObject({
    stopReason: 'cancelled',
    message: 'saved',
    conversationId: 'kept',
  })
})

test('an answer that is to last reaches the agent as such only where it knows one', async () => {
  const folder = tempFolder({ 'a.txt': '' })
  const policy = definePlugin({
    name: 'policy',
    version: '1.0.0',
    setup(ctx) {
      ctx.hook('permission.request', ({ tool }) => ({
        decision: tool === 'rm' ? 'deny' : 'allow',
        reason: 'policy',
        always: true,
      }))
    },
  })
  const options: string[] = []
  const set = await fixture({
    folder,
    plugins: [policy],
    async agent(turn) {
      const ask = { kind: 'execute', title: 'run', input: {}, paths: [] } as const
      for (const [tool, known] of [
        ['ls', ['allow_once', 'allow_always', 'reject_once']],
        ['rm', ['allow_once', 'allow_always', 'reject_once']],
        ['ls', undefined],
      ] as const) {
        const request = { ...ask, tool, ...(known === undefined ? {} : { options: known }) }
        options.push((await turn.requestPermission(request)).option)
      }
      writeFileSync(join(folder, 'a.txt'), 'fixed')
    },
  })
  await set.run({})
  expect(options).toEqual(['allow_always', 'reject_once', 'allow_once'])
})

test('screenshots go with the first prompt, which names them', async () => {
  const screenshots = [{ path: '/tmp/page.png', mediaType: 'image/png' }] as const
  const seen: Pick<AgentTurn, 'prompt' | 'images'>[] = []
  const set = await fixture({
    folder: tempFolder({ 'a.txt': '' }),
    agent: ({ prompt, images }) => void seen.push({ prompt, images }),
  })
  await set.run({ screenshots, budgets: { maxTurns: 2, maxTimeMs: null } })
  expect(seen.map(({ images }) => images)).toEqual([screenshots, []])
  expect(seen[0]?.prompt).toContain('- /tmp/page.png (image/png)')
})
