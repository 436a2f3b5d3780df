import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AgentTurn } from '@agentproxy/plugin'
import { type AgentHost, createAgentHost } from '@agentproxy/plugin-testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createOpencodeAgent } from './opencode-agent.ts'
import { opencodeConfig } from './opencode-config.ts'

const BIN = fileURLToPath(new URL('./fake-opencode.test-support.mjs', import.meta.url))
const GATEWAY = { url: 'http://127.0.0.1:9', token: 'task-token-c0de' }
const agent = createOpencodeAgent(opencodeConfig.parse({ bin: BIN, maxRetries: 2 }))
let host: AgentHost

beforeEach(async () => {
  vi.stubEnv('OPENCODE_BIN', '')
  host = await createAgentHost(GATEWAY)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await host[Symbol.asyncDispose]()
})

const isWorking = () => host.events.some((event) => event.type === 'text')
const until = async (condition: () => boolean) => {
  while (!condition()) await delay(10)
}
const run = (prompt: string, conversationId: string | null = null) =>
  agent.runTurn(host.turn({ prompt, conversationId }))

test('a plain turn gives its words, thoughts, plan, tools and use, and its server ends with it', async () => {
  expect(await run('plain')).toEqual({
    stopReason: 'end_turn',
    message: 'hello',
    error: null,
    conversationId: 'ses_1',
  })
  const call = { type: 'tool_call', id: 'call_1', name: 'read', kind: 'read', title: 'read src/sum.js' }
  const input = { filePath: join(host.workingDir, 'src/sum.js') }
  expect(host.events).toEqual([
    { type: 'conversation', id: 'ses_1' },
    { type: 'thought', text: 'hm' },
    { type: 'plan', entries: [{ text: 'look', status: 'in_progress' }] },
    { ...call, input, paths: ['src/sum.js'] },
    { type: 'tool_result', id: 'call_1', ok: true, output: 'code' },
    { type: 'text', text: 'hello' },
    { type: 'usage', inputTokens: 100, outputTokens: 25, costUsd: null },
  ])
  expect(await host.spawned[0]?.process.exit).toMatchObject({ endedBy: 'stop' })
})

test('its server is on loopback behind a password, and its settings lead to our gateway', async () => {
  await run('plain')
  const [spawned] = host.spawned
  expect(spawned?.args.slice(0, 3)).toEqual(['serve', '--hostname', '127.0.0.1'])
  expect(String(spawned?.args)).not.toContain(GATEWAY.token)
  const { OPENCODE_CONFIG_CONTENT: settings = '', OPENCODE_SERVER_PASSWORD: password = '' } =
    spawned?.env ?? {}
  expect(password.length).toBeGreaterThan(20)
  expect(String(spawned?.args)).not.toContain(password)
  expect(settings).not.toContain(GATEWAY.token)
  expect(JSON.parse(settings)).toMatchObject({
    permission: { edit: 'ask', bash: 'ask', external_directory: 'ask' },
    provider: { agentproxy: { options: { baseURL: 'http://127.0.0.1:9/v1' } } },
    model: 'agentproxy/test-model',
  })
  expect(spawned?.env).toMatchObject({
    OPENCODE_DISABLE_PROJECT_CONFIG: '1',
    AGENTPROXY_TOKEN: GATEWAY.token,
  })
})

test('a later turn continues the session, and one that is gone is begun anew with a notice', async () => {
  const { conversationId } = await run('plain')
  expect(await run('plain', conversationId)).toMatchObject({ stopReason: 'end_turn', conversationId })
  host.events.length = 0
  expect(await run('plain', 'ses_gone')).toMatchObject({ conversationId: 'ses_1' })
  expect(host.events[0]).toMatchObject({ type: 'notice', text: expect.stringContaining('ses_gone') })
})

test.for([
  [{ decision: 'allow', reason: '' }, '{"reply":"once"}'],
  [{ decision: 'allow', reason: '', always: true }, '{"reply":"always"}'],
  [{ decision: 'deny', reason: 'protected' }, '{"reply":"reject","message":"protected"}'],
] as const)('a change is asked about with its file: %j', async ([answer, reply]) => {
  host.answer = async () => answer
  expect((await run('edit')).message).toBe(reply)
  expect(host.permissions).toMatchObject([
    { tool: 'edit', kind: 'edit', title: 'edit sub.txt', paths: ['sub.txt'] },
  ])
  const ok = answer.decision === 'allow'
  expect(host.events).toContainEqual(expect.objectContaining({ type: 'tool_result', id: 'call_2', ok }))
})

test('a version that only knows the older way to answer is answered in that way', async () => {
  expect((await run('older edit')).message).toBe('{"response":"once"}')
})

test('what a person says meanwhile goes into the running session; after it, it is not taken', async () => {
  const running = run('steered')
  await until(isWorking)
  expect(await host.steer('use tabs')).toBe(true)
  expect((await running).message).toBe('use tabs')
  expect(await host.steer('too late')).toBe(false)
})

test('cancelling aborts the prompt, and the session goes on in the next turn', async () => {
  const stop = new AbortController()
  const running = agent.runTurn(host.turn({ prompt: 'hang', signal: stop.signal }))
  await until(isWorking)
  stop.abort()
  expect(await running).toMatchObject({ stopReason: 'cancelled', error: null, conversationId: 'ses_1' })
  expect(await run('plain', 'ses_1')).toMatchObject({ stopReason: 'end_turn', conversationId: 'ses_1' })
})

test('one that ignores SIGTERM is killed by its host, and the turn ends', async () => {
  const stop = new AbortController()
  const running = agent.runTurn(host.turn({ prompt: 'stubborn', signal: stop.signal }))
  await until(isWorking)
  stop.abort()
  await host.spawned[0]?.process.stop(100)
  expect(await running).toMatchObject({ stopReason: 'cancelled', conversationId: 'ses_1' })
})

test('comments, garbage and unknown events are passed over with one notice', async () => {
  expect(await run('garbage')).toMatchObject({ stopReason: 'end_turn', message: 'still here' })
  expect(host.events.map(({ type }) => type)).toEqual(['conversation', 'notice', 'text'])
})

test('pictures go before the prompt', async () => {
  const path = join(host.stateDir, 'page.png')
  await writeFile(path, 'png')
  const images = [{ path, mediaType: 'image/png' }] as const
  await agent.runTurn(host.turn({ prompt: 'plain', images }))
  const sent = await readFile(join(host.stateDir, 'opencode/data/opencode/prompts.jsonl'), 'utf8')
  expect(JSON.parse(sent).parts).toEqual([
    { type: 'file', mime: 'image/png', filename: 'page.png', url: 'data:image/png;base64,cG5n' },
    { type: 'text', text: 'plain' },
  ])
})

test.for([
  { prompt: 'dies', code: 'exited', retryable: true, says: 'out of luck' },
  { prompt: 'refused', code: 'protocol', retryable: false, says: 'no such model' },
  { prompt: 'api 503', code: 'model', retryable: true, says: 'busy' },
  { prompt: 'api 400', code: 'model', retryable: false, says: 'bad param' },
  { prompt: 'too long', code: 'model', retryable: false, says: 'context' },
  { prompt: 'retries', code: 'model', retryable: true, says: 'overloaded' },
] as const)('"$prompt" is an error of the code $code', async ({ prompt, code, retryable, says }) => {
  const result = await run(prompt)
  expect(result).toMatchObject({ stopReason: 'error', error: { code, retryable }, conversationId: 'ses_1' })
  expect(result.message).toContain(says)
})

test('a turn cut at its length is no success', async () => {
  expect(await run('max tokens')).toMatchObject({ stopReason: 'max_tokens', error: null })
})

test('a server that never listens is ended, and the turn fails', async () => {
  const deaf = createOpencodeAgent(opencodeConfig.parse({ bin: BIN, startTimeoutMs: 500 }))
  const turn = host.turn({ prompt: 'plain' })
  const spawn: AgentTurn['spawn'] = (wanted) =>
    turn.spawn({ ...wanted, env: { ...wanted.env, FAKE_DEAF: '1' } })
  const result = await deaf.runTurn({ ...turn, spawn })
  expect(result.error).toMatchObject({ code: 'exited', message: expect.stringContaining('500 ms') })
})

test('it says what to do when opencode, or a model, is not there', async () => {
  expect(await agent.detect()).toEqual({ available: true, version: '9.8.7', problem: null })
  const { error } = await agent.runTurn(host.turn({ prompt: 'plain', model: null }))
  expect(error).toMatchObject({ code: 'protocol', message: expect.stringContaining('--model') })
  vi.stubEnv('PATH', '/nowhere')
  const missing = createOpencodeAgent(opencodeConfig.parse({}))
  expect(await missing.detect()).toMatchObject({
    available: false,
    problem: expect.stringContaining('OPENCODE_BIN'),
  })
  const result = await missing.runTurn(host.turn({ prompt: 'plain' }))
  expect(result.error).toMatchObject({ code: 'not_found' })
})
