import type { CheckResult, HookName, Hooks, Identity, TaskEnd, UpstreamResult } from '@agentproxy/plugin'

/** What the handlers of a hook are given. */
export type PayloadOf<Name extends HookName> = Hooks[Name] extends { readonly payload: infer Payload }
  ? Payload
  : never

const identity: Identity = { kind: 'owner', taskId: null, purpose: null }
const call = { taskId: 'task-1', turn: 1, function: 'send_to_agent', arguments: { prompt: 'go on' } }
const route = { exchangeId: 'exchange-1', identity, format: 'anthropic', model: 'model-1' } as const

const checkResult: CheckResult = {
  check: 'npm test',
  verdict: 'pass',
  required: true,
  command: 'npm test',
  exitCode: 0,
  reason: 'it ended with 0',
  outputTail: '1 test passed',
  outputFile: null,
  durationMs: 5,
  treeHash: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  tests: { passed: 1, failed: 0, skipped: 0 },
}

const taskEnd: TaskEnd = {
  taskId: 'task-1',
  prompt: 'make the test pass',
  workingDir: process.cwd(),
  outcome: 'done',
  reason: 'verified',
  message: 'the test passes',
  turns: 1,
  durationMs: 5,
  checks: [checkResult],
  filesChanged: ['src/sum.js'],
}

/** One payload of every hook, as the host could send it. */
const samples: { readonly [Name in HookName]: PayloadOf<Name> } = {
  'app.start': { command: 'run', version: '0.1.0' },
  'app.stop': { command: 'run', version: '0.1.0' },
  'plugin.state': { plugin: 'other', generation: 1, state: 'active', reason: null },
  'task.start': {
    taskId: 'task-1',
    prompt: 'make the test pass',
    workingDir: process.cwd(),
    agent: 'builtin',
    model: null,
    checks: [{ name: 'npm test', kind: 'command', command: 'npm test', required: true, timeoutMs: 60_000 }],
    budgets: { maxTurns: 10, maxTimeMs: null },
  },
  'task.complete': taskEnd,
  'task.error': { ...taskEnd, outcome: 'stuck', reason: 'no_change', message: 'nothing changed' },
  'task.before-done': {
    taskId: 'task-1',
    summary: 'the test passes',
    treeHash: checkResult.treeHash,
    evidence: [checkResult],
    filesChanged: ['src/sum.js'],
  },
  'reasoning.start': {
    taskId: 'task-1',
    reasoner: 'rules',
    context: {
      objective: 'make the test pass',
      turn: 1,
      agentMessage: 'done',
      filesChanged: ['src/sum.js'],
      checks: [checkResult],
      findings: [],
      notes: [],
    },
  },
  'reasoning.complete': {
    taskId: 'task-1',
    reasoner: 'rules',
    durationMs: 1,
    function: call.function,
    reason: 'a check fails',
  },
  decision: { ...call, reason: 'a check fails' },
  'function.before': call,
  'function.after': { ...call, ok: true, result: 'sent', durationMs: 1 },
  'agent.start': {
    taskId: 'task-1',
    turn: 1,
    agent: 'builtin',
    prompt: 'make the test pass',
    model: null,
    env: {},
    allowedTools: null,
  },
  'agent.output': { taskId: 'task-1', turn: 1, event: { type: 'text', text: 'done' } },
  'permission.request': {
    taskId: 'task-1',
    tool: 'edit_file',
    kind: 'edit',
    title: 'edit src/sum.js',
    input: { path: 'src/sum.js' },
    paths: ['src/sum.js'],
  },
  'file.change': { taskId: 'task-1', path: 'src/sum.js', operation: 'modify', phase: 'before' },
  'check.before': { taskId: 'task-1', check: 'npm test', command: 'npm test', timeoutMs: 60_000 },
  'check.after': { taskId: 'task-1', result: checkResult },
  'request.received': {
    exchangeId: 'exchange-1',
    identity,
    method: 'POST',
    path: '/v1/messages',
    format: 'anthropic',
    model: 'model-1',
    stream: false,
    bodyBytes: 100,
  },
  'model.route': route,
  'request.prepare': {
    ...route,
    provider: 'provider-1',
    clientCredential: null,
    headers: { 'content-type': 'application/json' },
    body: { model: 'model-1', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] },
  },
  'upstream.call': {
    exchangeId: 'exchange-1',
    attempt: 1,
    account: 'default',
    provider: 'provider-1',
    model: 'model-1',
    format: 'anthropic',
    stream: false,
    url: 'http://127.0.0.1:9/v1/messages',
  },
  'stream.event': {
    exchangeId: 'exchange-1',
    event: { type: 'block_delta', index: 0, delta: { type: 'text', text: 'hi' } },
  },
  'tool.call': {
    exchangeId: 'exchange-1',
    identity,
    tool: 'Write',
    input: { file_path: 'src/sum.js', content: '' },
  },
  'exchange.end': {
    exchangeId: 'exchange-1',
    identity,
    outcome: 'completed',
    reason: 'completed',
    status: 200,
    clientFormat: 'anthropic',
    upstreamFormat: 'anthropic',
    provider: 'provider-1',
    attempts: [{ provider: 'provider-1', account: 'default', model: 'model-1', reason: 'ok', durationMs: 2 }],
    model: 'model-1',
    stream: false,
    simulated: true,
    usage: {
      inputTokens: 3,
      outputTokens: 1,
      cacheReadTokens: null,
      cacheWriteTokens: null,
      reasoningTokens: null,
    },
    costUsd: null,
    loss: [],
    firstByteMs: 1,
    durationMs: 2,
  },
  'oauth.token': { provider: 'login-1', plugin: 'other', change: 'login', expiresAt: null },
}

/** What an upstream's answer looks like to `upstream.call` handlers. */
export const sampleUpstreamResult: UpstreamResult = Object.freeze({
  kind: 'relayed',
  status: 200,
  usage: null,
  durationMs: 1,
})

/** A whole payload of a hook, with the given fields in it. Each call gives a new one. */
export function samplePayload<Name extends HookName>(
  name: Name,
  fields: Partial<PayloadOf<Name>> = {},
): PayloadOf<Name> {
  return Object.assign(structuredClone(samples[name]), fields)
}
