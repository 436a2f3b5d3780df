import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AgentEvent } from '@agentproxy/plugin'
import { z } from 'zod'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createClaudeAgent } from './claude-agent.ts'
import { claudeConfig } from './claude-config.ts'
import { createAgentHost, type AgentHost } from '@agentproxy/plugin-testing'

const BIN = fileURLToPath(new URL('./fake-claude.test-support.mjs', import.meta.url))
const GATEWAY = { url: 'http://127.0.0.1:9', token: 'task-token-91c2' }
const agent = createClaudeAgent(claudeConfig.parse({ bin: BIN }))
let host: AgentHost

beforeEach(async () => {
  vi.stubEnv('CLAUDE_BIN', '')
  host = await createAgentHost(GATEWAY)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await host[Symbol.asyncDispose]()
})

const kinds = (events: readonly AgentEvent[]) => events.map((event) => event.type)
const invocation = z.object({ args: z.array(z.string()), env: z.record(z.string(), z.string()) })
async function seen(): Promise<z.infer<typeof invocation>[]> {
  const text = await readFile(join(host.stateDir, 'claude/seen.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => invocation.parse(JSON.parse(line)))
}

test('a plain turn gives its words, its thoughts and the session to continue', async () => {
  const result = await agent.runTurn(host.turn({ prompt: 'plain' }))
  expect(result).toEqual({
    stopReason: 'end_turn',
    message: 'hello',
    error: null,
    conversationId: '0b5e3c1a-0000-4000-8000-000000000001',
  })
  expect(host.events).toEqual([
    { type: 'conversation', id: '0b5e3c1a-0000-4000-8000-000000000001' },
    { type: 'thought', text: 'hm' },
    { type: 'text', text: 'hello' },
    { type: 'usage', inputTokens: 115, outputTokens: 20, costUsd: 0.25 },
  ])
  // Its standard input was closed after the result, so it ended by itself.
  expect(await host.spawned[0]?.process.exit).toMatchObject({ code: 0, endedBy: null })
})

test('it runs with its own configuration, our gateway, and the token in no argument', async () => {
  await agent.runTurn(host.turn({ prompt: 'plain', allowedTools: ['Read', 'Bash(ls *)'] }))
  const [run] = await seen()
  expect(run?.args.join(' ')).toBe(
    '-p --input-format stream-json --output-format stream-json --verbose --permission-prompt-tool stdio --permission-mode default --setting-sources user --strict-mcp-config --model test-model --allowedTools Read,Bash(ls *)',
  )
  expect(run?.env).toMatchObject({
    CLAUDE_CONFIG_DIR: join(host.stateDir, 'claude'),
    ANTHROPIC_BASE_URL: GATEWAY.url,
    ANTHROPIC_AUTH_TOKEN: GATEWAY.token,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  })
  expect(run?.env['NO_PROXY']).toContain('127.0.0.1')
})

test('a later turn resumes, and a session that is gone is begun anew with a notice', async () => {
  const { conversationId } = await agent.runTurn(host.turn({ prompt: 'plain', model: null }))
  await agent.runTurn(host.turn({ prompt: 'plain', turn: 2, conversationId }))
  expect((await seen())[1]?.args.slice(-2)).toEqual(['--resume', conversationId])
  const gone = '33333333-3333-4333-8333-333333333333'
  host.events.length = 0
  const result = await agent.runTurn(host.turn({ prompt: 'plain', turn: 3, conversationId: gone }))
  expect(result).toMatchObject({ stopReason: 'end_turn', conversationId })
  expect(host.events[0]).toMatchObject({ type: 'notice', level: 'warn', text: expect.stringContaining(gone) })
})

test('a tool that writes is asked about with its relative path, and runs when allowed', async () => {
  const result = await agent.runTurn(host.turn({ prompt: 'write' }))
  expect(result.message).toContain('allow')
  expect(await readFile(join(host.workingDir, 'sub.txt'), 'utf8')).toBe('hi\n')
  expect(host.permissions).toEqual([
    expect.objectContaining({ tool: 'Write', kind: 'edit', title: 'edit sub.txt', paths: ['sub.txt'] }),
  ])
  expect(host.events).toEqual([
    expect.objectContaining({ type: 'conversation' }),
    expect.objectContaining({ type: 'tool_call', id: 'toolu_1', kind: 'edit', paths: ['sub.txt'] }),
    { type: 'tool_result', id: 'toolu_1', ok: true, output: 'written' },
    expect.objectContaining({ type: 'usage' }),
  ])
})

test('an answer that is to last gives back the rule that Claude Code suggested', async () => {
  host.answer = async () => ({ decision: 'allow', reason: 'fine', always: true })
  const result = await agent.runTurn(host.turn({ prompt: 'write' }))
  expect(host.permissions[0]?.options).toContain('allow_always')
  expect(result.message).toBe('allow [{"type":"setMode","mode":"acceptEdits","destination":"session"}]')
})

test('what a person says meanwhile is taken into the turn', async () => {
  const running = agent.runTurn(host.turn({ prompt: 'steered' }))
  while (!host.events.some((event) => event.type === 'text')) await delay(20)
  expect(await host.steer('use tabs')).toBe(true)
  expect(await running).toMatchObject({ stopReason: 'end_turn', message: 'use tabs' })
  expect(await host.steer('too late')).toBe(false)
})

test('what came too late for the result is answered before the turn ends', async () => {
  const running = agent.runTurn(host.turn({ prompt: 'steered late' }))
  while (!host.events.some((event) => event.type === 'text')) await delay(20)
  expect(await host.steer('and the tests')).toBe(true)
  expect(await running).toMatchObject({ stopReason: 'end_turn', message: 'second result' })
})

test('a picture goes before the prompt; one that is gone is told', async () => {
  const path = join(host.stateDir, 'page.png')
  await writeFile(path, 'png')
  const gone = { path: '/nowhere.png', mediaType: 'image/png' } as const
  const images = [{ path, mediaType: 'image/png' } as const, gone]
  const result = await agent.runTurn(host.turn({ prompt: 'pictures', images }))
  expect(result.message).toBe('image/png cG5n')
  expect(host.events[0]).toMatchObject({ type: 'notice', text: expect.stringContaining('/nowhere.png') })
})

test('limits and hooks of the configuration become arguments', async () => {
  const hooks = { PreToolUse: [{ matcher: 'Bash', hooks: [{ type: 'command', command: 'true' }] }] }
  const limited = createClaudeAgent(claudeConfig.parse({ bin: BIN, maxBudgetUsd: 0.5, maxTurns: 3, hooks }))
  await limited.runTurn(host.turn({ prompt: 'plain' }))
  expect((await seen())[0]?.args.join(' ')).toContain(
    `--max-budget-usd 0.5 --max-turns 3 --settings ${JSON.stringify({ hooks })} --include-hook-events`,
  )
})

test('a denied tool is told why', async () => {
  host.answer = async () => ({ decision: 'deny', reason: 'protected' })
  const result = await agent.runTurn(host.turn({ prompt: 'write' }))
  expect(result.message).toBe('deny protected')
  expect(host.events).toContainEqual({ type: 'tool_result', id: 'toolu_1', ok: false, output: 'protected' })
})

test('a permission that cannot be asked is a denial', async () => {
  host.answer = () => Promise.reject(new Error('policy broke'))
  const result = await agent.runTurn(host.turn({ prompt: 'write' }))
  expect(result.message).toContain('deny permission could not be asked: policy broke')
})

test.for([
  ['question', 'deny'],
  ['cut request', 'deny'],
  ['unknown request', '"subtype":"error"'],
] as const)('a request of the kind "%s" is answered with %s', async ([prompt, answer]) => {
  const result = await agent.runTurn(host.turn({ prompt }))
  expect(result.message).toContain(answer)
  expect(host.permissions).toEqual([])
})

test('garbage, a line of 10 MB and unknown types are passed over with one notice', async () => {
  const result = await agent.runTurn(host.turn({ prompt: 'garbage' }))
  expect(result).toMatchObject({ stopReason: 'end_turn', message: 'still here' })
  expect(kinds(host.events)).toEqual(['conversation', 'notice', 'usage'])
})

test('retries, denials and compaction become notices', async () => {
  await agent.runTurn(host.turn({ prompt: 'notices' }))
  expect(host.events.flatMap((event) => (event.type === 'notice' ? [event.text] : []))).toEqual([
    'Model call failed: overloaded (HTTP 529); try 1 of 10 follows in 0.5 s.',
    'Bash was denied: not allowed here',
    'Claude Code shortened the conversation to make room.',
    'The hook PreToolUse:Bash ended with error: no such file',
  ])
})

test.for([
  { prompt: 'api 529', code: 'model', retryable: true },
  { prompt: 'api 400', code: 'model', retryable: false },
  { prompt: 'lost connection', code: 'model', retryable: true },
  { prompt: 'too long', code: 'model', retryable: false },
  { prompt: 'exit', code: 'exited', retryable: true },
] as const)('"$prompt" is an error of the code $code', async ({ prompt, code, retryable }) => {
  const result = await agent.runTurn(host.turn({ prompt }))
  expect(result).toMatchObject({ stopReason: 'error', error: { code, retryable } })
  expect(result.conversationId).not.toBeNull()
  if (prompt === 'exit') expect(result.message).toContain('exit code 3 before it gave a result: out of luck')
})

test.for([
  ['max turns', 'max_turn_requests'],
  ['max budget', 'max_turn_requests'],
  ['max tokens', 'max_tokens'],
] as const)('"%s" ends with %s', async ([prompt, stopReason]) => {
  expect(await agent.runTurn(host.turn({ prompt }))).toMatchObject({ stopReason, error: null })
})

test('cancelling interrupts the turn and the process ends by itself', async () => {
  const stop = new AbortController()
  const running = agent.runTurn(host.turn({ prompt: 'hang', signal: stop.signal }))
  while (!(await seen().catch(() => [])).length) await delay(20)
  stop.abort()
  expect(await running).toMatchObject({ stopReason: 'cancelled', error: null })
  expect(await host.spawned[0]?.process.exit).toMatchObject({ code: 0, endedBy: null })
})

test('a process the host ended for silence or time says so', async () => {
  for (const endedBy of ['idle', 'time'] as const) {
    const spawn: AgentHost['turn'] = (options) => {
      const turn = host.turn(options)
      return { ...turn, spawn: (wanted) => ending(turn.spawn(wanted), endedBy) }
    }
    const result = await agent.runTurn(spawn({ prompt: 'hang' }))
    expect(result.error).toMatchObject({ code: endedBy, retryable: endedBy === 'idle' })
  }
})

function ending(child: ReturnType<ReturnType<AgentHost['turn']>['spawn']>, endedBy: 'idle' | 'time') {
  setTimeout(() => void child.stop(0), 300)
  return { ...child, exit: child.exit.then((exit) => ({ ...exit, endedBy })) }
}

test('it says what to do when Claude Code is not there', async () => {
  vi.stubEnv('PATH', '/nowhere')
  const missing = createClaudeAgent(claudeConfig.parse({}))
  const detected = await missing.detect()
  expect(detected).toMatchObject({ available: false, problem: expect.stringContaining('CLAUDE_BIN') })
  const result = await missing.runTurn(host.turn({ prompt: 'plain' }))
  expect(result.error).toMatchObject({ code: 'not_found', retryable: false, message: detected.problem })
})

test('CLAUDE_BIN goes before the setting, and PATH comes last', async () => {
  expect(await agent.detect()).toEqual({ available: true, version: '9.8.7', problem: null })
  vi.stubEnv('CLAUDE_BIN', '/nowhere/claude')
  expect(await agent.detect()).toMatchObject({
    available: false,
    problem: expect.stringContaining('/nowhere'),
  })
  vi.stubEnv('CLAUDE_BIN', '')
  const onPath = join(host.workingDir, 'claude')
  await writeFile(onPath, '#!/bin/sh\necho 1.2.3\n')
  await chmod(onPath, 0o755)
  vi.stubEnv('PATH', `${host.workingDir}:${process.env['PATH'] ?? ''}`)
  expect(await createClaudeAgent(claudeConfig.parse({})).detect()).toMatchObject({ version: '1.2.3' })
})
