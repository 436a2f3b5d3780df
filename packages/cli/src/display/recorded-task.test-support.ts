import type { CheckResult } from '@agentproxy/plugin'
import type { UsageTotals } from '@agentproxy/store'
import { IN_PLACE } from '@agentproxy/supervisor'
import type { LoggedEvent, TaskContract, TaskEvent } from '@agentproxy/supervisor'
import type { FinalReport, Output } from './display.ts'

const contract: TaskContract = {
  objective: 'make the failing test pass',
  workingDir: '/home/ann/sum',
  agent: 'builtin',
  model: 'simulator/fix',
  reasoner: 'rules',
  reasonerModel: null,
  checks: [{ name: 'npm test', kind: 'command', command: 'npm test', required: true, timeoutMs: 600_000 }],
  checksFrom: 'flags',
  budgets: { maxTurns: 10, maxTimeMs: 1_800_000 },
  idleMs: 600_000,
  expectsChange: true,
  allowsTestChanges: false,
  protectedPaths: [],
  screenshots: [],
  workspace: IN_PLACE,
  approve: 'auto',
  permissions: { deny: [], ask: [], allow: [] },
  answerMs: 300_000,
  waitsForLimit: true,
  startedBy: 'terminal',
}

const failing: CheckResult = {
  check: 'npm test',
  verdict: 'fail',
  required: true,
  command: 'npm test',
  exitCode: 1,
  reason: 'exit code 1; 1 test failed',
  outputTail: '',
  outputFile: null,
  durationMs: 1240,
  treeHash: 'aaaaaaaaaaaaaaaa',
  tests: { passed: 1, failed: 1, skipped: 0 },
}

const passing: CheckResult = {
  ...failing,
  verdict: 'pass',
  exitCode: 0,
  reason: 'exit code 0; 2 tests passed',
  durationMs: 912,
  treeHash: 'bbbbbbbbbbbbbbbb',
  tests: { passed: 2, failed: 0, skipped: 0 },
}

const change = { path: 'src/sum.js', operation: 'modify', linesAdded: 1, linesRemoved: 1 } as const

/** A task that goes well, with everything an agent might throw in. */
export const events: readonly LoggedEvent[] = (
  [
    { type: 'task.created', contract },
    { type: 'task.started', contract },
    { type: 'task.state', state: 'preparing' },
    {
      type: 'workspace.opened',
      git: true,
      dirty: true,
      baseTree: 'aaaaaaaaaaaaaaaa',
      place: null,
      repository: null,
    },
    { type: 'check.started', phase: 'baseline', turn: 0, check: 'npm test', command: 'npm test' },
    { type: 'check.finished', phase: 'baseline', turn: 0, result: failing },
    {
      type: 'turn.started',
      turn: 1,
      prompt: 'make the failing test pass',
      model: 'simulator/fix',
      tree: 'aaaa',
    },
    {
      type: 'agent.event',
      turn: 1,
      event: {
        type: 'text',
        text: 'I look at the test first.\u001b]0;pwned\u0007 It says that adding two numbers must give their sum.',
      },
    },
    {
      type: 'agent.event',
      turn: 1,
      event: {
        type: 'tool_call',
        id: '1',
        name: 'read_file',
        kind: 'read',
        title: 'read src/sum.js',
        input: {},
        paths: ['src/sum.js'],
      },
    },
    { type: 'agent.event', turn: 1, event: { type: 'tool_result', id: '1', ok: true, output: 'a - b' } },
    {
      type: 'agent.event',
      turn: 1,
      event: {
        type: 'tool_call',
        id: '2',
        name: 'edit_file',
        kind: 'edit',
        title: 'edit src/sum.js',
        input: {},
        paths: ['src/sum.js'],
      },
    },
    {
      type: 'agent.event',
      turn: 1,
      event: { type: 'tool_result', id: '2', ok: false, output: 'old_text is not\nin the file' },
    },
    {
      type: 'permission.decided',
      turn: 1,
      tool: 'write_file',
      title: 'write .env',
      decision: 'deny',
      reason: '.env is protected',
      by: 'protected-files',
    },
    {
      type: 'file.rolled-back',
      turn: 1,
      path: '.env',
      plugin: 'protected-files',
      reason: '.env is protected',
    },
    {
      type: 'turn.finished',
      turn: 1,
      result: { stopReason: 'end_turn', message: 'Done.', error: null, conversationId: 'c' },
      tree: 'bbbbbbbbbbbbbbbb',
      changes: [change],
      durationMs: 3400,
    },
    { type: 'check.started', phase: 'turn', turn: 1, check: 'npm test', command: 'npm test' },
    { type: 'check.finished', phase: 'turn', turn: 1, result: passing },
    {
      type: 'gate.evaluated',
      turn: 1,
      accepted: true,
      tree: 'bbbbbbbbbbbbbbbb',
      findings: [
        {
          code: 'tests-fewer',
          blocking: false,
          detail: 'one test less than before',
          paths: ['test/sum.test.js'],
        },
      ],
      changes: [change],
    },
    {
      type: 'decision.made',
      turn: 1,
      reasoner: 'rules',
      function: 'mark_done',
      arguments: {},
      reason: 'every required check passed',
    },
    { type: 'function.finished', turn: 1, function: 'mark_done', ok: true, result: 'accepted', tree: null },
    {
      type: 'task.finished',
      outcome: 'done',
      reason: 'verified',
      message: 'Every required check passed on this tree.',
      turns: 1,
      durationMs: 6200,
      changes: [change],
      findings: [],
    },
  ] satisfies TaskEvent[]
).map((payload, index) => ({ seq: index + 1, at: 1_700_000_000_000 + index, payload }))

export const noUsage: UsageTotals = {
  exchanges: 0,
  failed: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costUsd: null,
  unpriced: 0,
  simulated: 0,
}

export const report: FinalReport = {
  sessionId: '3f2a9c01d4',
  outcome: 'done',
  reason: 'verified',
  message: 'Every required check passed on this tree.',
  exitCode: 0,
  workspace: 'in-place',
  applied: true,
  turns: 1,
  durationMs: 6200,
  changes: [change],
  findings: [],
  checks: [passing],
  usage: { ...noUsage, exchanges: 3, inputTokens: 12_345, outputTokens: 678, costUsd: 0, simulated: 3 },
}

/** Collects what a display writes. */
export function collect(columns = 80): Output & { text(): string } {
  let written = ''
  return {
    write: (text) => {
      written += text
    },
    isTty: false,
    columns,
    text: () => written,
  }
}
