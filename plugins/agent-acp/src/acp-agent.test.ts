import { symlink, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type AgentHost, createAgentHost, createTestHost } from '@agentproxy/plugin-testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createAcpAgent } from './acp-agent.ts'
import { acpConfig } from './acp-config.ts'
import agentAcp from './index.ts'
import type { Launch } from './launch.ts'

const BIN = fileURLToPath(new URL('./fake-acp.test-support.mjs', import.meta.url))
const GATEWAY = { url: 'http://127.0.0.1:9/', token: 'task-token-77aa' }
const launch: Launch = {
  name: 'fake',
  displayName: 'Fake',
  command: BIN,
  args: ['--acp', '-m', '{model}'],
  env: { FAKE_HOME: '{stateDir}', KEY: '{gatewayToken}', URL: '{gatewayUrl}/v1', MODEL: '{model}' },
  clientFiles: true,
  asksPermission: true,
  reportsUsage: true,
}
const create = (change: Partial<Launch> = {}) =>
  createAcpAgent({ ...launch, ...change }, { configured: BIN, setting: 'the test' })
const agent = create()
let host: AgentHost

beforeEach(async () => {
  host = await createAgentHost(GATEWAY)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await host[Symbol.asyncDispose]()
})

const run = (prompt: string, conversationId: string | null = null) =>
  agent.runTurn(host.turn({ prompt, conversationId }))
const isWorking = () => host.events.some((event) => event.type === 'text')
const until = async (condition: () => boolean) => {
  while (!condition()) await delay(10)
}

test('a plain turn gives its words whole, thoughts, plan, tools and use, and the session to continue', async () => {
  expect(await run('plain')).toEqual({
    stopReason: 'end_turn',
    message: 'hello',
    error: null,
    conversationId: 'session-1',
  })
  const call = { type: 'tool_call', id: 'call_7', name: 'execute', kind: 'execute', title: 'npm test' }
  expect(host.events).toEqual([
    { type: 'conversation', id: 'session-1' },
    { type: 'thought', text: 'hm' },
    { type: 'plan', entries: [{ text: 'look', status: 'in_progress' }] },
    { ...call, input: { command: 'npm test' }, paths: [] },
    { type: 'tool_result', id: 'call_7', ok: true, output: 'ok' },
    { type: 'text', text: 'hello' },
    { type: 'usage', inputTokens: 300, outputTokens: 60, costUsd: null },
  ])
  expect(await host.spawned[0]?.process.exit).toMatchObject({ code: 0, endedBy: null })
})

test('its command line is filled in; without a model what names it is left out', async () => {
  await run('plain')
  expect(host.spawned[0]?.args).toEqual(['--acp', '-m', 'test-model'])
  expect(host.spawned[0]?.env).toMatchObject({
    KEY: GATEWAY.token,
    URL: 'http://127.0.0.1:9/v1',
    MODEL: 'test-model',
  })
  await agent.runTurn(host.turn({ prompt: 'plain', model: null }))
  expect(host.spawned[1]?.args).toEqual(['--acp'])
  expect(host.spawned[1]?.env).not.toHaveProperty('MODEL')
})

describe('a later turn', () => {
  test('loads the session, and what it tells again is not told', async () => {
    const { conversationId } = await run('plain')
    host.events.length = 0
    expect(await run('plain', conversationId)).toMatchObject({ conversationId })
    expect(host.events.filter((event) => event.type === 'text')).toEqual([{ type: 'text', text: 'hello' }])
  })

  test('begins a new session with a notice where that one is gone, or the agent cannot load any', async () => {
    const forgetful = create({ env: { ...launch.env, FAKE_LOADS: '0' } })
    for (const [one, why] of [
      [agent, 'does not know the session gone'],
      [forgetful, 'cannot continue an earlier session'],
    ] as const) {
      host.events.length = 0
      const result = await one.runTurn(host.turn({ prompt: 'plain', conversationId: 'gone' }))
      expect(result).toMatchObject({ stopReason: 'end_turn', conversationId: 'session-1' })
      expect(host.events[0]).toMatchObject({ type: 'notice', text: expect.stringContaining(why) })
    }
  })
})

test.for([
  [{ decision: 'allow', reason: '' }, 'proceed_once {}'],
  [{ decision: 'allow', reason: '', always: true }, 'proceed_always {}'],
  [{ decision: 'deny', reason: 'no' }, 'cancel null'],
] as const)('an edit is asked about once, by what the option means: %j', async ([answer, message]) => {
  host.answer = async () => answer
  expect((await run('edit')).message).toBe(message)
  expect(host.permissions).toMatchObject([
    { tool: 'edit', kind: 'edit', title: 'Writing to sub.txt', paths: ['sub.txt'] },
  ])
  const ok = answer.decision === 'allow'
  expect(host.events).toContainEqual(
    expect.objectContaining({ type: 'tool_call', id: 'call_1', paths: ['sub.txt'] }),
  )
  expect(host.events).toContainEqual(expect.objectContaining({ type: 'tool_result', id: 'call_1', ok }))
})

test('files are read and written only inside the workspace, whatever link leads out', async () => {
  await symlink(host.stateDir, join(host.workingDir, 'link'))
  await writeFile(join(host.stateDir, 'secret'), 'secret')
  await symlink(join(host.stateDir, 'not-there'), join(host.workingDir, 'nowhere'))
  const { message } = await run('outside')
  expect(JSON.parse(message)).toEqual([
    -32_602, -32_602, -32_602, -32_602, -32_002, -32_602, -32_602, -32_602,
  ])
  expect(host.permissions).toEqual([])
})

test('a file written without asking first is asked about; lines are read as asked', async () => {
  await writeFile(join(host.workingDir, 'lines.txt'), 'one\ntwo\nthree\n')
  host.answer = async () => ({ decision: 'deny', reason: 'protected' })
  const { message } = await run('files')
  expect(message).toMatch(/protected two$/)
  expect(host.permissions).toMatchObject([{ kind: 'edit', paths: ['secret.txt'] }])
})

test('cancelling ends the turn, answers what it asked, and the session goes on', async () => {
  const stop = new AbortController()
  host.answer = async () => {
    stop.abort()
    return { decision: 'allow', reason: '' }
  }
  const result = await agent.runTurn(host.turn({ prompt: 'hang', signal: stop.signal }))
  expect(result).toMatchObject({ stopReason: 'cancelled', conversationId: 'session-1' })
  expect(await host.spawned[0]?.process.exit).toMatchObject({ code: 0, endedBy: null })
})

test('one that ignores SIGTERM is killed by its host, and the turn ends', async () => {
  const stop = new AbortController()
  const running = agent.runTurn(host.turn({ prompt: 'stubborn', signal: stop.signal }))
  await until(isWorking)
  stop.abort()
  await host.spawned[0]?.process.stop(100)
  expect(await running).toMatchObject({ stopReason: 'cancelled', conversationId: 'session-1' })
})

test('garbage and unknown updates are passed over with one notice', async () => {
  expect(await run('garbage')).toMatchObject({ stopReason: 'end_turn', message: 'still here' })
  expect(host.events.map(({ type }) => type)).toEqual(['conversation', 'notice', 'text'])
})

test('pictures go before the prompt to an agent that can see', async () => {
  const path = join(host.stateDir, 'page.png')
  await writeFile(path, 'png')
  const turn = { prompt: 'pictures', images: [{ path, mediaType: 'image/png' }] } as const
  expect((await agent.runTurn(host.turn(turn))).message).toBe('image:image/png:cG5n text')
  const blind = create({ env: { ...launch.env, FAKE_SEES: '0' } })
  expect((await blind.runTurn(host.turn(turn))).message).toBe('text')
})

test.for([
  { prompt: 'dies', code: 'exited', retryable: true, says: 'out of luck' },
  { prompt: 'status 429', code: 'model', retryable: true, says: 'Rate limited' },
  { prompt: 'status 400', code: 'model', retryable: false, says: 'Bad request' },
  { prompt: 'internal', code: 'model', retryable: true, says: 'upstream' },
  { prompt: 'login', code: 'protocol', retryable: false, says: 'logged in' },
] as const)('"$prompt" is an error of the code $code', async ({ prompt, code, retryable, says }) => {
  const result = await run(prompt)
  expect(result).toMatchObject({
    stopReason: 'error',
    error: { code, retryable },
    conversationId: 'session-1',
  })
  expect(result.message).toContain(says)
})

test('a turn cut at its length is no success', async () => {
  expect(await run('max tokens')).toMatchObject({ stopReason: 'max_tokens', error: null })
})

test('each known agent is one of its own, and so is each of the configuration', async () => {
  vi.stubEnv('GEMINI_BIN', BIN)
  const agents = { mine: { displayName: 'Mine', command: BIN, env: { FAKE_HOME: '{stateDir}' } } }
  await using plugins = await createTestHost({ plugins: [agentAcp], config: { 'agent-acp': { agents } } })
  const { live } = plugins.manager
  expect([...live.agents.keys()]).toEqual(['gemini', 'copilot', 'qwen', 'mine'])
  const gemini = live.agents.get('gemini')?.value
  expect(await gemini?.detect()).toEqual({ available: true, version: '9.8.7', problem: null })
  const mine = live.agents.get('mine')?.value
  expect(mine?.capabilities).toMatchObject({ asksPermission: false, modelSwitch: false })
  expect(await mine?.runTurn(host.turn({ prompt: 'plain' }))).toMatchObject({ message: 'hello' })
})

test('the token cannot be put where others can read it', () => {
  const agents = { bad: { displayName: 'Bad', command: BIN, args: ['--key', '{gatewayToken}'] } }
  expect(acpConfig.safeParse({ agents }).error?.message).toContain('env')
})

test('Gemini CLI gets its settings over those of the project, and the project’s instructions', async () => {
  vi.stubEnv('GEMINI_BIN', BIN)
  await writeFile(join(host.workingDir, 'GEMINI.md'), 'use tabs')
  await using plugins = await createTestHost({ plugins: [agentAcp] })
  await plugins.manager.live.agents.get('gemini')?.value.runTurn(host.turn({ prompt: 'plain' }))
  expect(host.spawned[0]?.env).toMatchObject({
    HOME: join(host.stateDir, 'home'),
    GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:9',
    GEMINI_CLI_SYSTEM_SETTINGS_PATH: join(host.stateDir, 'home/agentproxy.json'),
  })
  expect(await readFile(join(host.stateDir, 'home/.gemini/GEMINI.md'), 'utf8')).toBe('use tabs')
})

test('it says what to do when the agent is not there', async () => {
  vi.stubEnv('PATH', '/nowhere')
  const missing = createAcpAgent({ ...launch, command: 'fake' }, { configured: null, setting: 'the test' })
  expect(await missing.detect()).toMatchObject({
    available: false,
    problem: expect.stringContaining('FAKE_BIN'),
  })
  expect((await missing.runTurn(host.turn({ prompt: 'plain' }))).error).toMatchObject({ code: 'not_found' })
})
