import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AgentTurn, modify } from '@agentproxy/plugin'
import { openStore } from '@agentproxy/store'
import { expect, test } from 'vitest'
import type { TaskOrder } from '../session/task-order.ts'
import { hooking } from '../testing/hooking-plugin.ts'
import { type Fixture, fixture } from '../testing/task-fixture.ts'
import { tempFolder } from '../testing/temp-folder.ts'

const ID = 'session-1'

interface Talk {
  readonly folder: string
  readonly prompts: string[]
  readonly set: Fixture
  readonly say: (order: TaskOrder) => Promise<void>
  readonly fix: () => void
}

/** A task whose agent is `agent`, and somebody who speaks to it from outside. */
async function talk(
  agent: (turn: AgentTurn, talk: Talk) => Promise<object | void> | object | void,
  options: Partial<Parameters<typeof fixture>[0]> = {},
): Promise<Talk> {
  const folder = tempFolder({ 'a.txt': '' })
  const prompts: string[] = []
  const set = await fixture({
    folder,
    ...options,
    agent: async (turn) => {
      prompts.push(turn.prompt)
      return (await agent(turn, all)) ?? {}
    },
  })
  const all: Talk = {
    folder,
    prompts,
    set,
    say: (order) => set.supervisor.send(ID, order),
    fix: () => writeFileSync(join(folder, 'a.txt'), 'fixed'),
  }
  return all
}

const aborted = ({ signal }: AgentTurn) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

const states = ({ set }: Talk): string[] => set.payloads('task.state').map(({ state }) => state)

test('what is said in mid-turn reaches an agent that listens, and the next turn of one that does not', async () => {
  const heard: string[] = []
  const it = await talk(async (turn, { say, fix }) => {
    if (turn.turn > 1) return fix()
    await say({ do: 'message', text: 'early', mode: 'steer' })
    turn.onSteer((text) => {
      if (text !== 'late') heard.push(text)
      return Promise.resolve(text !== 'late')
    })
    await say({ do: 'message', text: 'use tabs', mode: 'steer' })
    await say({ do: 'message', text: 'late', mode: 'steer' })
    await expect.poll(() => heard).toEqual(['early', 'use tabs'])
  })
  expect(await it.set.run({}, { sessionId: ID })).toMatchObject({ outcome: 'done', turns: 2 })
  // Its agent knows the task; its words begin the turn, before any check.
  expect(it.prompts[1]).toBe('late')
  expect(it.set.payloads('message.delivered')).toHaveLength(2)
})

test('a queued message waits for the end of the turn, an interrupting one makes it', async () => {
  const cut: boolean[] = []
  const it = await talk(async (turn, { say, fix }) => {
    if (turn.turn === 1) return say({ do: 'message', text: 'first this', mode: 'queue' })
    if (turn.turn === 3) return fix()
    await Promise.all([aborted(turn), say({ do: 'message', text: 'stop that', mode: 'interrupt' })])
    cut.push(turn.signal.aborted)
    return { stopReason: 'cancelled' }
  })
  expect(await it.set.run({}, { sessionId: ID })).toMatchObject({ outcome: 'done', turns: 3 })
  expect([it.prompts.slice(1), cut]).toEqual([['first this', 'stop that'], [true]])
})

test('a paused task does nothing until it is resumed, and then begins its turn anew', async () => {
  let paused = 0
  const it = await talk(async (turn, { say, fix }) => {
    if (paused++ > 0) return fix()
    await Promise.all([aborted(turn), say({ do: 'pause' })])
    setTimeout(() => void say({ do: 'resume' }), 500)
    return { stopReason: 'cancelled' }
  })
  const report = await it.set.run({ budgets: { maxTurns: 1, maxTimeMs: 60_000 } }, { sessionId: ID })
  expect(report).toMatchObject({ outcome: 'done', turns: 1 })
  expect(it.prompts[1]).toBe(it.prompts[0])
  expect(states(it)).toContain('paused')
})

test('a stopped task is saved and goes on when it is resumed; a stop from before stops nothing', async () => {
  let turns = 0
  const it = await talk(async (turn, { say, fix }) => {
    if (turns++ > 0) return fix()
    await Promise.all([aborted(turn), say({ do: 'stop', mode: 'graceful' })])
    return { stopReason: 'cancelled' }
  })
  expect(await it.set.run({}, { sessionId: ID })).toMatchObject({ outcome: 'cancelled', reason: 'stopped' })
  await expect(it.say({ do: 'pause' })).rejects.toMatchObject({ code: 'SESSION_ENDED' })
  // It was said to the store while nobody ran the task.
  await it.set.store.commands.add(ID, { do: 'stop', mode: 'kill' })
  await it.say({ do: 'message', text: 'one more thing', mode: 'queue' })
  expect(await it.set.resume(ID)).toMatchObject({ outcome: 'done' })
  expect(it.prompts.at(-1)).toContain('one more thing')
  await expect(it.say({ do: 'message', text: 'too late', mode: 'queue' })).rejects.toMatchObject({
    code: 'SESSION_ENDED',
  })
})

test('a kill ends processes that do not want to go', async () => {
  const it = await talk(async (turn, { say }) => {
    const command = 'trap "" TERM; touch ready; while true; do sleep 0.1; done'
    const child = turn.spawn({ command: 'sh', args: ['-c', command], env: {}, stdin: 'closed' })
    await expect.poll(() => existsSync(join(turn.workingDir, 'ready')), { timeout: 10_000 }).toBe(true)
    await say({ do: 'stop', mode: 'graceful' })
    await say({ do: 'stop', mode: 'kill' })
    const { signal } = await child.exit
    return { stopReason: 'cancelled', message: String(signal) }
  })
  await it.set.run({}, { sessionId: ID })
  expect(it.set.payloads('turn.finished')[0]?.result.message).toBe('SIGKILL')
})

test('another process is heard through the store alone, and what it cannot say is let go', async () => {
  const it = await talk(async (turn, { fix }) => {
    if (turn.turn > 1) return fix()
    const path = join(it.set.stateDir, 'store.db')
    const other = await openStore({ path })
    await other.commands.add(ID, { do: 'dance' })
    await other.commands.add(ID, { do: 'message', text: 'from afar', mode: 'queue' })
    await other.close()
    await expect.poll(() => it.set.payloads('order.received').length, { timeout: 5_000 }).toBe(2)
  })
  expect(await it.set.run({}, { sessionId: ID })).toMatchObject({ outcome: 'done' })
  expect(it.prompts[1]).toBe('from afar')
  expect(it.set.payloads('order.received')[0]?.order).toBeNull()
})

const shell = (command: string) =>
  ({ tool: 'bash', kind: 'execute', title: command, input: { command }, paths: [] }) as const

test('who looks on is asked for permission; what lasts is not asked again, and no answer is a no', async () => {
  const answers: string[] = []
  const it = await talk(async (turn, { say, fix, set }) => {
    const ask = async (command: string, option?: 'allow_always' | 'reject_once'): Promise<void> => {
      const asked = turn.requestPermission(shell(command))
      if (option !== undefined) {
        await expect.poll(() => set.payloads('permission.requested').at(-1)?.title).toBe(command)
        await say({ do: 'permit', permission: 'of another', option: 'allow_once' })
        const permission = set.payloads('permission.requested').at(-1)?.id ?? ''
        await say({ do: 'permit', permission, option })
      }
      answers.push((await asked).decision)
    }
    await ask('make', 'allow_always')
    await ask('make')
    await ask('rm x', 'reject_once')
    await ask('git push --force')
    await ask('ls')
    fix()
  })
  const permissions = { deny: ['execute(git push*)'], ask: [], allow: [] }
  const report = await it.set.run(
    { approve: 'ask', permissions, answerMs: 1_000, idleMs: 700 },
    { sessionId: ID, attended: true },
  )
  expect(report).toMatchObject({ outcome: 'done' })
  expect(answers).toEqual(['allow', 'allow', 'deny', 'deny', 'deny'])
  expect(it.set.payloads('permission.decided').map(({ by, reason }) => `${by}: ${reason}`)).toEqual([
    'person: for the whole task',
    'person: the person said so for the whole task',
    'person: this once',
    'policy: the rule execute(git push*)',
    'policy: nobody answered within 1 s',
  ])
  expect(states(it).filter((state) => state === 'waiting_permission')).toHaveLength(3)
})

test('where nobody looks on, asking is refusing, and that is said', async () => {
  const it = await talk(async (turn, { fix }) => {
    expect(await turn.requestPermission(shell('make'))).toMatchObject({ decision: 'deny' })
    expect(await turn.requestPermission({ ...shell('x'), kind: 'read' })).toMatchObject({ decision: 'allow' })
    fix()
  })
  await it.set.run({ approve: 'ask' })
  expect(it.set.payloads('notice')[0]?.text).toContain('no terminal and no service')
})

const asking = () => {
  let asked = 0
  return hooking('decision', (decision) =>
    asked++ > 0 || decision.function === 'mark_done'
      ? undefined
      : modify({ function: 'ask_human', arguments: { question: 'Tabs or spaces?' } }),
  )
}

test('a question waits for the person, and both the reasoner and the agent get the answer', async () => {
  const it = await talk(
    async (turn, { fix }) => {
      if (turn.turn === 2) fix()
    },
    { plugins: [asking()] },
  )
  const done = it.set.run({}, { sessionId: ID, attended: true })
  await expect.poll(() => it.set.payloads('question.asked')[0]?.id, { timeout: 10_000 }).toBeDefined()
  expect(await it.set.store.sessions.get(ID)).toMatchObject({ state: 'waiting_input' })
  await it.say({ do: 'answer', question: it.set.payloads('question.asked')[0]?.id ?? '', text: 'tabs' })
  expect(await done).toMatchObject({ outcome: 'done' })
  expect(it.prompts[1]).toContain('Tabs or spaces? The answer: tabs')
})

test('where nobody can answer, the question ends the task, which goes on with the answer', async () => {
  const it = await talk(
    (turn, { fix }) => {
      if (turn.turn === 2) fix()
    },
    { plugins: [asking()] },
  )
  expect(await it.set.run({}, { sessionId: ID })).toMatchObject({ outcome: 'blocked', reason: 'needs_input' })
  await it.say({ do: 'answer', question: it.set.payloads('question.asked')[0]?.id ?? '', text: 'tabs' })
  expect(await it.set.resume(ID)).toMatchObject({ outcome: 'done' })
  expect(it.prompts[1]).toContain('tabs')
})

test.each([
  { name: 'is waited for, and the turn goes on', waitsForLimit: true, ends: { outcome: 'done', turns: 1 } },
  {
    name: 'ends the task where it is not to be waited for',
    waitsForLimit: false,
    ends: { outcome: 'failed', reason: 'rate_limited' },
  },
])('a rate limit $name', async ({ waitsForLimit, ends }) => {
  let until: number | null = null
  const it = await talk(
    (_turn, { fix, prompts }) => {
      if (prompts.length > 1) return fix()
      until = Date.now() + 400
      return { stopReason: 'error', error: { code: 'model', message: 'HTTP 429', retryable: true } }
    },
    {
      models: {
        url: 'http://127.0.0.1:9',
        issueToken: () => 'task-token',
        revokeTokens() {},
        limitedUntil: () => until,
      },
    },
  )
  expect(await it.set.run({ waitsForLimit }, { sessionId: ID })).toMatchObject(ends)
  expect(states(it).includes('waiting_limit')).toBe(waitsForLimit)
})
