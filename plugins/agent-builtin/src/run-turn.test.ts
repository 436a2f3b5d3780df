import { mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  AgentEvent,
  AgentPermissionRequest,
  AgentTurnResult,
  PermissionAnswer,
} from '@agentproxy/plugin'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  breaksOff,
  calls,
  type ChatUpstream,
  failsMidway,
  refuses,
  says,
  startChatUpstream,
} from './chat-upstream.test-support.ts'
import { runTurn } from './run-turn.ts'

const FIRST = '11111111-1111-4111-8111-111111111111'
let upstream: ChatUpstream
let workingDir: string
let stateDir: string
let answer: PermissionAnswer
let events: AgentEvent[]
let permissions: AgentPermissionRequest[]

beforeEach(async () => {
  upstream = await startChatUpstream()
  workingDir = await realpath(await mkdtemp(join(tmpdir(), 'turn-work-')))
  stateDir = await mkdtemp(join(tmpdir(), 'turn-state-'))
  answer = { decision: 'allow', reason: 'test' }
  events = []
  permissions = []
})
afterEach(async () => {
  await upstream[Symbol.asyncDispose]()
  for (const folder of [workingDir, stateDir]) await rm(folder, { recursive: true, force: true })
})

function run(options: {
  prompt: string
  conversationId?: string | null
  allowedTools?: string[]
}): Promise<AgentTurnResult> {
  const { prompt, conversationId = null, allowedTools = [] } = options
  const request = {
    type: 'turn' as const,
    prompt,
    workingDir,
    stateDir,
    allowedTools,
    model: 'test-model',
    conversationId: conversationId ?? FIRST,
    resume: conversationId !== null,
    baseUrl: `${upstream.url}/v1`,
    token: 'token',
    limits: { maxSteps: 6, commandTimeoutMs: 10_000, maxRetries: 1 },
  }
  return runTurn(request, {
    signal: new AbortController().signal,
    emit: (event) => void events.push(event),
    takeSteers: () => [],
    async requestPermission(asked) {
      permissions.push(asked)
      return answer
    },
  })
}

const results = () => events.filter((event) => event.type === 'tool_result')

test('a denied tool does not run and the model is told why', async () => {
  answer = { decision: 'deny', reason: 'protected path' }
  upstream.answers = [calls(['write_file', { path: 'a/b.txt', content: 'x' }]), says('could not')]
  await run({ prompt: 'write' })
  expect(await readdir(workingDir)).toEqual([])
  expect(JSON.stringify(upstream.requests[1]?.body.messages.at(-1))).toContain('Not allowed: protected path')
})

test('an allowed tool runs without asking', async () => {
  upstream.answers = [calls(['write_file', { path: 'a/b.txt', content: 'x' }]), says('done')]
  await run({ prompt: 'write', allowedTools: ['write_file'] })
  expect(permissions).toEqual([])
  expect(await readFile(join(workingDir, 'a/b.txt'), 'utf8')).toBe('x')
})

test('unknown tools, broken input and paths outside come back to the model as errors', async () => {
  await symlink('/etc', join(workingDir, 'link'))
  upstream.answers = [
    calls(
      ['fly', {}],
      ['read_file', '{"path": '],
      ['read_file', { path: 'link/hostname' }],
      ['write_file', { path: '../x', content: '' }],
    ),
    says('sorry'),
  ]
  const result = await run({ prompt: 'try' })
  expect(result.stopReason).toBe('end_turn')
  expect(results().map((event) => event.ok)).toEqual([false, false, false, false])
  expect(permissions).toEqual([])
  const tools = upstream.requests[1]?.body.messages.filter((message) => message.role === 'tool')
  expect(new Set(tools?.map((message) => message.tool_call_id)).size).toBe(4)
})

test('a conversation that is gone is begun anew with a notice', async () => {
  upstream.answers = [says('hello')]
  const conversationId = '11111111-1111-4111-8111-111111111111'
  const result = await run({ prompt: 'hi', conversationId })
  expect(result).toMatchObject({ stopReason: 'end_turn', conversationId })
  expect(events[0]).toMatchObject({ type: 'notice', level: 'warn' })
})

test('a turn that only calls tools ends at the limit of steps', async () => {
  upstream.answers = [calls(['list_files', {}])]
  const result = await run({ prompt: 'loop' })
  expect(result).toMatchObject({ stopReason: 'max_turn_requests', error: null })
  expect(upstream.requests).toHaveLength(6)
})

test('a rate limit is tried again after the time the server names', async () => {
  upstream.answers = [refuses(429, { 'retry-after': '0' }), says('after all')]
  expect(await run({ prompt: 'x' })).toMatchObject({ message: 'after all' })
})

test.for([
  { name: 'a lasting 503', answer: refuses(503, { 'retry-after': '0' }), retryable: true, says: 'HTTP 503' },
  { name: 'a 400', answer: refuses(400), retryable: false, says: 'simulated refusal 400' },
  { name: 'a 401', answer: refuses(401), retryable: false, says: 'HTTP 401' },
  { name: 'a stream that ends early', answer: breaksOff('ends'), retryable: true, says: 'finish reason' },
  {
    name: 'a connection lost mid-stream',
    answer: breaksOff('destroys'),
    retryable: true,
    says: 'terminated',
  },
  {
    name: 'an overload inside the stream',
    answer: failsMidway({ message: 'too busy', type: 'overloaded_error' }),
    retryable: true,
    says: 'too busy',
  },
  {
    name: 'a refusal inside the stream',
    answer: failsMidway({ message: 'bad body', type: 'invalid_request_error' }),
    retryable: false,
    says: 'bad body',
  },
])('$name is a model error', async ({ answer: given, retryable, says: words }) => {
  upstream.answers = [given]
  const result = await run({ prompt: 'x' })
  expect(result).toMatchObject({ stopReason: 'error', error: { code: 'model', retryable } })
  expect(result.error?.message).toContain(words)
})

test('a turn tried again after a failure does not say the prompt twice', async () => {
  upstream.answers = [breaksOff('ends'), says('fine')]
  const { conversationId } = await run({ prompt: 'once' })
  await run({ prompt: 'once', conversationId })
  expect(upstream.requests[1]?.body.messages.filter((message) => message.role === 'user')).toHaveLength(1)
})

test('an answer cut at its length is no success', async () => {
  upstream.answers = [says('and so on and', 'length')]
  expect(await run({ prompt: 'x' })).toMatchObject({ stopReason: 'max_tokens' })
})
