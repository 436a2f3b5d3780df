import type { FileChange, PermissionRequest, TaskEnd, TaskStart, UpstreamCall } from '@agentproxy/plugin'

export const taskStart: TaskStart = Object.freeze({
  taskId: 't1',
  prompt: 'fix it',
  workingDir: '/tmp',
  agent: 'builtin',
  model: null,
  checks: [],
  budgets: { maxTurns: null, maxTimeMs: null },
})

export const taskEnd: TaskEnd = Object.freeze({
  taskId: 't1',
  prompt: 'fix it',
  workingDir: '/tmp',
  outcome: 'done',
  reason: 'verified',
  message: '',
  turns: 1,
  durationMs: 5,
  checks: [],
  filesChanged: [],
})

export const fileChange: FileChange = Object.freeze({
  taskId: 't1',
  path: 'a.js',
  operation: 'modify',
  phase: 'before',
})

export const permissionRequest: PermissionRequest = Object.freeze({
  taskId: 't1',
  tool: 'Bash',
  kind: 'execute',
  title: 'run ls',
  input: {},
  paths: [],
})

export const upstreamCall: UpstreamCall = Object.freeze({
  exchangeId: 'x1',
  attempt: 1,
  provider: 'p',
  account: 'default',
  model: 'm',
  format: 'anthropic',
  stream: false,
  url: 'http://127.0.0.1/',
})
