import { createHash } from 'node:crypto'
import type { AgentEvent, CheckResult } from '@agentproxy/plugin'
import { failureFingerprint } from './failure-fingerprint.ts'
import { type LoopLimits, defaultLimits } from './limits.ts'
import { functionActed } from './observe-functions.ts'
import { talked, withoutMessages } from './observe-talk.ts'
import { type SessionState, type TurnRecord, canContinue, isWaiting, openTurn } from './session-state.ts'
import { IN_PLACE } from '../workspace/workspace-order.ts'
import { stuckSignal } from './stuck.ts'
import { PROTECTED_BY_TASK, type TaskContract, type TaskEvent } from './task-event.ts'

/** One entry of the log as the core sees it. */
export interface LoggedEvent {
  readonly seq: number
  readonly at: number
  readonly payload: TaskEvent
}

/** Folds one logged event into the state. Pure: the same log always gives the same state. */
export function observe(
  state: SessionState,
  event: LoggedEvent,
  limits: LoopLimits = defaultLimits,
): SessionState {
  const idle = state.seq === 0 || event.payload.type === 'task.resumed' || isWaiting(state)
  const timed: SessionState = {
    ...state,
    seq: event.seq,
    lastAt: event.at,
    activeMs: state.activeMs + (idle ? 0 : Math.max(0, event.at - state.lastAt)),
  }
  return fold(timed, event.payload, limits)
}

// A later version's event says nothing this version decides by.
function fold(state: SessionState, event: TaskEvent, limits: LoopLimits): SessionState {
  switch (event.type) {
    case 'task.created':
    case 'task.started':
    case 'task.resumed':
      return began(state, event)
    case 'order.received':
    case 'message.delivered':
    case 'permission.requested':
    case 'permission.decided':
    case 'question.asked':
      return talked(state, event)
    case 'process.starting':
      return { ...state, markers: [...state.markers, event.marker] }
    case 'turn.started':
      return turnStarted(state, event, limits)
    case 'agent.event':
      return agentSaid(state, event.event)
    case 'turn.finished':
      return turnFinished(state, event)
    case 'check.finished':
      return checkFinished(state, event.phase, event.result)
    case 'gate.evaluated':
      return gateEvaluated(state, event)
    case 'decision.made':
    case 'function.finished':
    case 'subtask.changed':
    case 'review.finished':
      return functionActed(state, event)
    case 'budget.used-up':
      return { ...state, usedUp: event }
    case 'task.finished':
      return { ...state, end: event }
    case 'workspace.opened':
    case 'files.restored':
    case 'file.rolled-back':
    case 'result.applying':
    case 'result.applied':
      return filesMoved(state, event)
    case 'workspace.removed':
    case 'task.state':
    case 'check.started':
    case 'note.saved':
    case 'notice':
      return state
    default:
      event satisfies never
      return state
  }
}

function began(
  state: SessionState,
  event: Of<'task.created' | 'task.started' | 'task.resumed'>,
): SessionState {
  if (event.type === 'task.resumed') return resumed({ ...state, generation: event.generation })
  const contract = completed(event.contract)
  if (event.type === 'task.started') return { ...state, stage: 'started', contract }
  return { ...state, stage: 'created', contract, generation: 1 }
}

function agentSaid(state: SessionState, event: AgentEvent): SessionState {
  if (event.type === 'conversation') return { ...state, conversationId: event.id }
  return patchTurn(state, (turn) => countCalls(turn, event))
}

type FilesMoved = Of<
  'workspace.opened' | 'files.restored' | 'file.rolled-back' | 'result.applying' | 'result.applied'
>

function filesMoved(state: SessionState, event: FilesMoved): SessionState {
  switch (event.type) {
    case 'workspace.opened':
      return workspaceOpened(state, event)
    case 'files.restored':
      return { ...state, tree: event.tree }
    case 'file.rolled-back':
      return rolledBack(state, event)
    case 'result.applying':
      return { ...state, applying: event }
    case 'result.applied':
      return { ...state, applying: null, applied: event.tree }
    default:
      return event satisfies never
  }
}

function workspaceOpened(state: SessionState, event: Of<'workspace.opened'>): SessionState {
  const { baseTree } = event
  // A log of an older release knows neither private folders nor repositories.
  const workDir = event.place?.dir ?? state.contract?.workingDir ?? null
  const repository = event.repository ?? null
  return { ...state, stage: 'opened', baseTree, tree: baseTree, workDir, repository }
}

function rolledBack(state: SessionState, { path, plugin, reason }: Of<'file.rolled-back'>): SessionState {
  return noted(state, `${path} was put back as it was: ${whoRefused(plugin)} the change (${reason}).`)
}

function whoRefused(plugin: string): string {
  return plugin === PROTECTED_BY_TASK ? 'the task forbids' : `plugin ${plugin} refused`
}

function noted(state: SessionState, note: string): SessionState {
  return { ...state, notes: [...state.notes, note] }
}

function resumed(state: SessionState): SessionState {
  if (state.end !== null && !canContinue(state.end)) return state
  const last = state.turns.at(-1)
  const cut = last?.stopReason === 'cancelled' && state.gate === null
  const { question } = state
  return {
    ...(cut ? reopened(state) : state),
    // Who asked to go on wants it to run.
    stop: null,
    paused: false,
    question: question === null ? null : { ...question, askedAt: state.lastAt },
    permissions: [],
    limitWaits: 0,
    // Time passed: what was accepted before is proved once more on the files as they are now.
    markedDone: null,
    end: null,
  }
}

/** A turn that was cut short is not over: its work is unfinished and its result proves nothing. */
function reopened(state: SessionState): SessionState {
  return patchTurn(state, (turn) => ({ ...turn, endTree: null, stopReason: null, error: null }))
}

type Of<Type extends TaskEvent['type']> = Extract<TaskEvent, { readonly type: Type }>

function turnStarted(state: SessionState, event: Of<'turn.started'>, limits: LoopLimits): SessionState {
  const open = openTurn(state)
  const nudged = open === null && state.nudgedTurn === null && stuckSignal(state, limits) !== null
  const record: TurnRecord = {
    turn: event.turn,
    prompt: event.prompt,
    // A turn begun anew is still measured from where it first began.
    startTree: open?.turn === event.turn ? open.startTree : event.tree,
    endTree: null,
    stopReason: null,
    error: null,
    message: '',
    failure: null,
    repeated: { call: '', count: 0 },
    openCalls: {},
  }
  return {
    ...withoutMessages(state, event.messages ?? []),
    turns: [...(open === null ? state.turns : state.turns.slice(0, -1)), record],
    limitedUntil: null,
    permissions: [],
    nudgedTurn: nudged ? event.turn : state.nudgedTurn,
    instruction: null,
    notes: [],
    results: {},
    rechecks: 0,
    gate: null,
    decision: null,
    functions: [],
    refusals: [],
    markedDone: null,
  }
}

function turnFinished(state: SessionState, event: Of<'turn.finished'>): SessionState {
  const { result, limitedUntil = null } = event
  const failed = result.stopReason === 'error' && limitedUntil === null
  const idle = event.tree === state.turns.at(-1)?.startTree
  const ended: SessionState = {
    ...patchTurn(state, (turn) => ({
      ...turn,
      endTree: event.tree,
      stopReason: result.stopReason,
      error: result.error,
      message: result.message,
    })),
    tree: event.tree,
    agentErrors: failed ? state.agentErrors + 1 : 0,
    conversationId: result.conversationId ?? state.conversationId,
    permissions: [],
    limitedUntil,
    limitWaits: limitedUntil === null || !idle ? 0 : state.limitWaits + 1,
  }
  const paused = state.paused && result.stopReason === 'cancelled'
  return paused || limitedUntil !== null ? reopened(ended) : ended
}

function patchTurn(state: SessionState, patch: (turn: TurnRecord) => TurnRecord): SessionState {
  const last = state.turns.at(-1)
  return last === undefined ? state : { ...state, turns: [...state.turns.slice(0, -1), patch(last)] }
}

function countCalls(turn: TurnRecord, event: AgentEvent): TurnRecord {
  if (event.type === 'tool_call') {
    const call = fingerprint([event.name, event.input])
    return { ...turn, openCalls: { ...turn.openCalls, [event.id]: call } }
  }
  if (event.type !== 'tool_result') return turn
  const { [event.id]: call, ...openCalls } = turn.openCalls
  if (call === undefined) return turn
  const signature = fingerprint([call, event.ok, event.output])
  const count = signature === turn.repeated.call ? turn.repeated.count + 1 : 1
  return { ...turn, openCalls, repeated: { call: signature, count } }
}

// Tool output may be large; the state keeps only what tells two calls apart.
function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url')
}

function checkFinished(state: SessionState, phase: 'baseline' | 'turn', result: CheckResult): SessionState {
  if (phase === 'baseline') return { ...state, baseline: { ...state.baseline, [result.check]: result } }
  return {
    ...state,
    results: { ...state.results, [result.check]: result },
    failedOn: result.verdict === 'fail' ? failedAgain(state.failedOn, result) : state.failedOn,
  }
}

function failedAgain(
  failedOn: SessionState['failedOn'],
  { check, treeHash }: CheckResult,
): SessionState['failedOn'] {
  const before = failedOn[check] ?? []
  return before.includes(treeHash) ? failedOn : { ...failedOn, [check]: [...before, treeHash] }
}

function gateEvaluated(state: SessionState, event: Of<'gate.evaluated'>): SessionState {
  const { accepted, tree, findings, changes } = event
  const failure = failureFingerprint(Object.values(state.results))
  const gated = patchTurn({ ...state, tree, gate: { accepted, tree, findings, changes } }, (turn) => ({
    ...turn,
    failure,
  }))
  // Checks that changed the files they had to prove run again on what they left.
  if (!findings.some((finding) => finding.code === 'stale-evidence')) return gated
  const fresh = Object.entries(state.results).filter(([, result]) => result.treeHash === tree)
  return { ...gated, results: Object.fromEntries(fresh), rechecks: state.rechecks + 1 }
}

/** What an older log does not say of its task. */
const SINCE_THEN: Partial<TaskContract> = {
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

function completed(contract: TaskContract): TaskContract {
  // In the order it was written in, so that who compares two of them as text sees no change.
  const missing = Object.entries(SINCE_THEN).filter(([name]) => !(name in contract))
  return Object.assign({}, contract, Object.fromEntries(missing))
}
