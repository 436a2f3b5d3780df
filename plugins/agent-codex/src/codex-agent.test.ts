import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type AgentHost, createAgentHost } from '@agentproxy/plugin-testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCodexAgent } from './codex-agent.ts'
import { codexConfig } from './codex-config.ts'

const BIN = fileURLToPath(new URL('./fake-codex.test-support.mjs', import.meta.url))
const GATEWAY = { url: 'http://127.0.0.1:9', token: 'task-token-5d17' }
const agent = createCodexAgent(codexConfig.parse({ bin: BIN }))
let host: AgentHost

beforeEach(async () => {
  vi.stubEnv('CODEX_BIN', '')
  host = await createAgentHost(GATEWAY)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await host[Symbol.asyncDispose]()
})

const until = async (condition: () => boolean) => {
  while (!condition()) await delay(10)
}
const isWorking = () => host.events.some((event) => event.type === 'text')
const run = (prompt: string) => agent.runTurn(host.turn({ prompt }))

test('a plain turn gives its words, thoughts, plan and use, and the thread to continue', async () => {
  expect(await run('plain')).toEqual({
    stopReason: 'end_turn',
    message: 'hello',
    error: null,
    conversationId: 'thread-1',
  })
  expect(host.events).toEqual([
    { type: 'conversation', id: 'thread-1' },
    { type: 'state', state: 'busy' },
    { type: 'thought', text: 'hm' },
    { type: 'plan', entries: [{ text: 'look', status: 'in_progress' }] },
    { type: 'text', text: 'hello' },
    { type: 'usage', inputTokens: 150, outputTokens: 20, costUsd: null },
    { type: 'usage', inputTokens: 300, outputTokens: 40, costUsd: null },
  ])
  // The end of its standard input ended it.
  expect(await host.spawned[0]?.process.exit).toMatchObject({ code: 0, endedBy: null })
})

test('it has a home of its own whose provider is our gateway, and the token in neither file nor argument', async () => {
  await run('plain')
  const settings = await readFile(join(host.stateDir, 'codex/config.toml'), 'utf8')
  expect(settings).toContain('model = "test-model"\nmodel_provider = "agentproxy"')
  expect(settings).toContain('base_url = "http://127.0.0.1:9/v1"\nenv_key = "AGENTPROXY_TOKEN"')
  const [spawned] = host.spawned
  expect(settings + String(spawned?.args)).not.toContain(GATEWAY.token)
  expect(spawned?.env).toMatchObject({
    CODEX_HOME: join(host.stateDir, 'codex'),
    AGENTPROXY_TOKEN: GATEWAY.token,
  })
  // Its sandbox cannot start commands when its home lies in TMPDIR.
  expect(join(host.stateDir, 'codex').startsWith(`${spawned?.env['TMPDIR']}/`)).toBe(false)
})

test('a later turn resumes, and a thread that is gone is begun anew with a notice', async () => {
  const { conversationId } = await run('plain')
  const second = await agent.runTurn(host.turn({ prompt: 'plain', turn: 2, conversationId }))
  expect(second).toMatchObject({ stopReason: 'end_turn', conversationId })
  host.events.length = 0
  const third = await agent.runTurn(host.turn({ prompt: 'plain', conversationId: 'thread-gone' }))
  expect(third).toMatchObject({ stopReason: 'end_turn', conversationId: 'thread-1' })
  expect(host.events[0]).toMatchObject({ type: 'notice', text: expect.stringContaining('thread-gone') })
})

describe('what it asks', () => {
  test.for([
    ['once', { decision: 'allow', reason: '' }, '"accept"', true],
    [
      'for good',
      { decision: 'allow', reason: '', always: true },
      '{"acceptWithExecpolicyAmendment":{"execpolicy_amendment":["touch","x"]}}',
      true,
    ],
    ['never', { decision: 'deny', reason: 'no' }, '"decline"', false],
  ] as const)('a command is allowed %s', async ([, answer, decision, ok]) => {
    host.answer = async () => answer
    expect((await run('command')).message).toBe(decision)
    expect(host.permissions).toEqual([
      expect.objectContaining({ tool: 'shell', kind: 'execute', title: 'run touch x', paths: [] }),
    ])
    expect(host.events).toContainEqual(expect.objectContaining({ type: 'tool_result', id: 'call_1', ok }))
  })

  test('a patch is asked about with its files, and not made when denied', async () => {
    expect((await run('patch')).message).toBe('accept')
    expect(host.permissions[0]).toMatchObject({ tool: 'apply_patch', kind: 'edit', paths: ['sub.txt'] })
    expect(await readFile(join(host.workingDir, 'sub.txt'), 'utf8')).toBe('hi\n')
    host.answer = async () => ({ decision: 'deny', reason: 'protected' })
    expect((await run('patch')).message).toBe('decline')
  })

  test('a patch nobody saw is declined, and nobody is asked', async () => {
    expect((await run('unseen patch')).message).toBe('decline')
    expect(host.permissions).toEqual([])
  })

  test('questions, a way out of the sandbox and unknown requests get a refusal each, by their own ids', async () => {
    const { message } = await run('questions')
    expect(JSON.parse(message)).toEqual([
      { answers: {} },
      { permissions: {}, scope: 'turn' },
      { error: -32_601 },
    ])
  })
})

test('what a person says meanwhile steers the turn; after it, it is not taken', async () => {
  const running = run('steered')
  await until(isWorking)
  expect(await host.steer('use tabs')).toBe(true)
  expect((await running).message).toBe('use tabs')
  expect(await host.steer('too late')).toBe(false)
})

test('cancelling interrupts the turn, and the thread goes on in the next', async () => {
  const stop = new AbortController()
  const running = agent.runTurn(host.turn({ prompt: 'hang', signal: stop.signal }))
  await until(isWorking)
  stop.abort()
  const { conversationId, ...result } = await running
  expect(result).toMatchObject({ stopReason: 'cancelled', error: null })
  expect(await host.spawned[0]?.process.exit).toMatchObject({ code: 0, endedBy: null })
  expect(await agent.runTurn(host.turn({ prompt: 'plain', conversationId }))).toMatchObject({
    stopReason: 'end_turn',
    conversationId,
  })
})

test('one that ignores SIGTERM is killed by its host, and the turn ends', async () => {
  const stop = new AbortController()
  const running = agent.runTurn(host.turn({ prompt: 'stubborn', signal: stop.signal }))
  await until(isWorking)
  stop.abort()
  await host.spawned[0]?.process.stop(100)
  expect(await running).toMatchObject({ stopReason: 'cancelled', conversationId: 'thread-1' })
})

test('garbage, broken and unknown notifications are passed over with one notice', async () => {
  expect(await run('garbage')).toMatchObject({ stopReason: 'end_turn', message: 'still here' })
  expect(host.events.map(({ type }) => type)).toEqual(['conversation', 'notice', 'text'])
})

test('pictures go before the prompt, by their path', async () => {
  const path = join(host.stateDir, 'page.png')
  await writeFile(path, 'png')
  const images = [{ path, mediaType: 'image/png' }] as const
  const { message } = await agent.runTurn(host.turn({ prompt: 'pictures', images }))
  expect(message).toBe(`${path} text`)
})

test.for([
  { prompt: 'dies', code: 'exited', retryable: true, says: 'out of luck' },
  { prompt: 'overloaded', code: 'model', retryable: true, says: 'busy' },
  { prompt: 'status 503', code: 'model', retryable: true, says: 'busy' },
  { prompt: 'status 400', code: 'model', retryable: false, says: 'bad param' },
  { prompt: 'too long', code: 'model', retryable: false, says: 'context' },
] as const)('"$prompt" is an error of the code $code', async ({ prompt, code, retryable, says }) => {
  const result = await run(prompt)
  expect(result).toMatchObject({
    stopReason: 'error',
    error: { code, retryable },
    conversationId: 'thread-1',
  })
  expect(result.message).toContain(says)
})

test('a model call that is tried again is told, and is no end', async () => {
  expect(await run('reconnects')).toMatchObject({ stopReason: 'end_turn', message: 'after all' })
  expect(host.events).toContainEqual({ type: 'notice', level: 'warn', text: 'Reconnecting... 1/5' })
})

const old = (prompt: string, conversationId: string | null = null) => {
  const turn = host.turn({ prompt, conversationId })
  return agent.runTurn({
    ...turn,
    spawn: (wanted) => turn.spawn({ ...wanted, env: { ...wanted.env, FAKE_CODEX_OLD: '1' } }),
  })
}

describe('a version without app-server', () => {
  test('runs by exec, which is told, and takes its prompt from standard input', async () => {
    const result = await old('plain')
    expect(result).toMatchObject({
      stopReason: 'end_turn',
      message: 'did plain',
      conversationId: 'thread-exec',
    })
    expect(host.events[0]).toMatchObject({ type: 'notice', text: expect.stringContaining('does not ask') })
    expect(host.events.slice(1).map((event) => ('title' in event ? event.title : event.type))).toEqual([
      'conversation',
      'run npm test',
      'tool_result',
      'edit a.txt',
      'tool_result',
      'text',
      'usage',
    ])
    await old('plain', 'thread-exec')
    expect(host.spawned.at(-1)?.args).toEqual([
      'exec',
      '--json',
      '--skip-git-repo-check',
      'resume',
      'thread-exec',
      '-',
    ])
  })

  test('a failed turn is an error, a reconnection is not', async () => {
    expect(await old('fails')).toMatchObject({ stopReason: 'error', message: 'bad param' })
  })
})

test('it says what to do when Codex is not there, and its version when it is', async () => {
  expect(await agent.detect()).toEqual({ available: true, version: '9.8.7', problem: null })
  vi.stubEnv('PATH', '/nowhere')
  const missing = createCodexAgent(codexConfig.parse({}))
  expect(await missing.detect()).toMatchObject({
    available: false,
    problem: expect.stringContaining('CODEX_BIN'),
  })
  expect((await missing.runTurn(host.turn({ prompt: 'plain' }))).error).toMatchObject({ code: 'not_found' })
  const script = join(host.stateDir, 'broken')
  await writeFile(script, '#!/nowhere/sh\n', { mode: 0o755 })
  expect((await stat(script)).mode & 0o111).not.toBe(0)
  const broken = createCodexAgent(codexConfig.parse({ bin: script }))
  expect((await broken.runTurn(host.turn({ prompt: 'plain' }))).error).toMatchObject({ code: 'not_found' })
})
