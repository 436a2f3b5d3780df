import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AgentEvent } from '@agentproxy/plugin'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createBuiltinAgent } from './builtin-agent.ts'
import {
  calls,
  type ChatUpstream,
  says,
  startChatUpstream,
  staysSilent,
} from './chat-upstream.test-support.ts'
import { createAgentHost, type AgentHost } from '@agentproxy/plugin-testing'

const TOKEN = 'task-token-7f3a'
const agent = createBuiltinAgent({ maxSteps: 6, commandTimeoutMs: 10_000, maxRetries: 1 })
let upstream: ChatUpstream
let host: AgentHost

beforeAll(() => {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-b', 'plugins/agent-builtin'], { cwd: root })
}, 120_000)

beforeEach(async () => {
  upstream = await startChatUpstream()
  host = await createAgentHost({ url: upstream.url, token: TOKEN })
})

afterEach(async () => {
  await host[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const results = (events: readonly AgentEvent[]) => events.filter((event) => event.type === 'tool_result')
const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await delay(20)
}
const alive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a turn edits a file, runs a command and ends with the model’s summary', async () => {
  await writeFile(join(host.workingDir, 'sum.js'), 'export const sum = (a, b) => a - b\n')
  upstream.answers = [
    calls(['read_file', { path: 'sum.js' }], ['list_files', {}]),
    calls(['edit_file', { path: 'sum.js', old_text: 'a - b', new_text: 'a + b' }]),
    calls(['run_command', { command: 'cat sum.js; exit 3' }]),
    says('Fixed the sum.\n\nChecked it.'),
  ]
  const result = await agent.runTurn(host.turn({ prompt: 'fix it' }))
  expect(result).toMatchObject({
    stopReason: 'end_turn',
    message: 'Fixed the sum.\n\nChecked it.',
    error: null,
  })
  expect(await readFile(join(host.workingDir, 'sum.js'), 'utf8')).toContain('a + b')
  expect(host.permissions.map(({ tool, kind, paths }) => ({ tool, kind, paths }))).toEqual([
    { tool: 'edit_file', kind: 'edit', paths: ['sum.js'] },
    { tool: 'run_command', kind: 'execute', paths: [] },
  ])
  expect(results(host.events).map((event) => event.ok)).toEqual([true, true, true, false])
  expect(host.events.filter((event) => event.type === 'text').map((event) => event.text)).toEqual([
    'Fixed the sum.',
    'Checked it.',
  ])
  const roles = upstream.requests.at(-1)?.body.messages.map((message) => message.role)
  expect(roles).toEqual([
    'system',
    'user',
    'assistant',
    'tool',
    'tool',
    'assistant',
    'tool',
    'assistant',
    'tool',
  ])
})

test('the token goes to the gateway, and neither to arguments, environment nor commands', async () => {
  upstream.answers = [
    calls(['run_command', { command: 'env; tr "\\0" " " < /proc/$PPID/cmdline' }]),
    says('done'),
  ]
  await agent.runTurn(host.turn({ prompt: 'look' }))
  expect(upstream.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`)
  expect(JSON.stringify(host.spawned.map(({ args, env }) => ({ args, env })))).not.toContain(TOKEN)
  const [output] = results(host.events)
  expect(output?.output).toContain('agent-process.js')
  expect(output?.output).not.toContain(TOKEN)
})

test('the next turn continues the conversation', async () => {
  upstream.answers = [says('first answer')]
  const first = await agent.runTurn(host.turn({ prompt: 'one' }))
  await agent.runTurn(host.turn({ prompt: 'two', turn: 2, conversationId: first.conversationId }))
  expect(upstream.requests[1]?.body.messages.slice(1)).toMatchObject([
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'first answer' },
    { role: 'user', content: 'two' },
  ])
})

test('after kill -9 in the middle of a command the conversation goes on, the call answered as interrupted', async () => {
  upstream.answers = [calls(['run_command', { command: 'sleep 3' }]), says('continued')]
  const running = agent.runTurn(host.turn({ prompt: 'long' }))
  await until(() => host.permissions.length === 1)
  host.spawned[0]?.process.stop(0).catch(() => {})
  const killed = await running
  // Told as soon as it is saved, so that a host that is killed with it knows the name too.
  expect(host.events[0]).toEqual({ type: 'conversation', id: killed.conversationId })
  const next = await agent.runTurn(host.turn({ prompt: 'go on', conversationId: killed.conversationId }))
  expect(next).toMatchObject({ stopReason: 'end_turn', conversationId: killed.conversationId })
  const messages = upstream.requests[1]?.body.messages ?? []
  expect(messages.map((message) => message.role)).toEqual(['system', 'user', 'assistant', 'tool', 'user'])
  expect(JSON.stringify(messages[3])).toContain('interrupted')
})

test('when the parent closes standard input the process ends and takes its command with it', async () => {
  upstream.answers = [calls(['run_command', { command: 'echo $$ > pid; sleep 30' }])]
  const running = agent.runTurn(host.turn({ prompt: 'long' }))
  const read = () => readFile(join(host.workingDir, 'pid'), 'utf8').catch(() => '')
  await until(async () => (await read()) !== '')
  const pid = Number(await read())
  host.spawned[0]?.process.endInput()
  await host.spawned[0]?.process.exit
  expect(alive(pid)).toBe(false)
  expect((await running).stopReason).toBe('cancelled')
})

test('cancelling stops a silent model call and saves the conversation', async () => {
  upstream.answers = [staysSilent]
  const stop = new AbortController()
  const running = agent.runTurn(host.turn({ prompt: 'wait', signal: stop.signal }))
  await until(() => upstream.requests.length === 1)
  stop.abort()
  const result = await running
  expect(result).toMatchObject({ stopReason: 'cancelled', error: null })
  upstream.answers = [says('ok')]
  await agent.runTurn(host.turn({ prompt: 'again', conversationId: result.conversationId }))
  expect(JSON.stringify(upstream.requests[1]?.body.messages)).toContain('wait')
})

test('what a person says while a command runs reaches the model with the next call, and after the end it is not taken', async () => {
  upstream.answers = [calls(['run_command', { command: 'sleep 0.5' }]), says('as you like')]
  const running = agent.runTurn(host.turn({ prompt: 'long' }))
  await until(() => host.permissions.length === 1)
  expect(await host.steer('use tabs')).toBe(true)
  expect(await running).toMatchObject({ stopReason: 'end_turn', message: 'as you like' })
  expect(upstream.requests[1]?.body.messages.at(-1)).toMatchObject({ role: 'user', content: 'use tabs' })
  expect(await host.steer('too late')).toBe(false)
})

test('without a model the turn says what to do', async () => {
  const result = await agent.runTurn(host.turn({ prompt: 'x', model: null }))
  expect(result.error).toMatchObject({ code: 'protocol', retryable: false })
  expect(result.message).toContain('--model')
  expect(host.spawned).toEqual([])
})
