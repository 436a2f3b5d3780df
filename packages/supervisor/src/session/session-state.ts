import type {
  AgentStopReason,
  AgentTurnError,
  CheckResult,
  FunctionArguments,
  TaskOutcome,
} from '@agentproxy/plugin'
import type { RepositoryPrint } from '../workspace/repository-watch.ts'
import type { Subtask } from './subtask.ts'
import type {
  ChangedFile,
  Finding,
  ReviewIssue,
  StandingAnswer,
  TaskContract,
  TaskEvent,
} from './task-event.ts'
import type { TaskOrder } from './task-order.ts'

/** What the log says about one turn. `endTree` null: it has not ended. */
export interface TurnRecord {
  readonly turn: number
  readonly prompt: string
  readonly startTree: string
  readonly endTree: string | null
  readonly stopReason: AgentStopReason | null
  readonly error: AgentTurnError | null
  readonly message: string
  /** Fingerprint of the failing checks after this turn; null when none failed. */
  readonly failure: string | null
  /** The last tool call with its result, and how often it came in a row. */
  readonly repeated: { readonly call: string; readonly count: number }
  /** Tool calls whose result has not come, by id. */
  readonly openCalls: Readonly<Record<string, string>>
}

interface GateRecord {
  readonly accepted: boolean
  readonly tree: string
  readonly findings: readonly Finding[]
  readonly changes: readonly ChangedFile[]
}

interface FunctionRecord {
  readonly name: string
  readonly ok: boolean
  readonly result: string
}

/** The fold of a task's log: everything a decision depends on, and nothing else. */
export interface SessionState {
  /** Sequence number of the last event folded. */
  readonly seq: number
  readonly lastAt: number
  /** Milliseconds the task was worked on; the time between two runs does not count. */
  readonly activeMs: number
  /** How far the preparation came. A finished task keeps its stage; `end` says that it is over. */
  readonly stage: 'new' | 'created' | 'started' | 'opened'
  readonly contract: TaskContract | null
  readonly generation: number
  readonly baseTree: string | null
  /** The folder the agent works in, once it is open. */
  readonly workDir: string | null
  /** The person's repository before the task. */
  readonly repository: RepositoryPrint | null
  /** The last tree seen. */
  readonly tree: string | null
  readonly baseline: Readonly<Record<string, CheckResult>>
  readonly turns: readonly TurnRecord[]
  /** Results since the last turn or the last order to check again. */
  readonly results: Readonly<Record<string, CheckResult>>
  /** Trees on which each check failed after a turn. */
  readonly failedOn: Readonly<Record<string, readonly string[]>>
  readonly rechecks: number
  readonly gate: GateRecord | null
  /** Decided and not yet carried out. */
  readonly decision: { readonly function: string; readonly arguments: FunctionArguments } | null
  readonly functions: readonly FunctionRecord[]
  /** The tree `mark_done` accepted. */
  readonly markedDone: string | null
  /** Why `mark_done` was refused since the last turn. */
  readonly refusals: readonly string[]
  readonly instruction: string | null
  readonly subtasks: readonly Subtask[]
  /** What the last review found; null before one. */
  readonly review: { readonly tree: string; readonly issues: readonly ReviewIssue[] } | null
  /** To be told to the agent with its next prompt. */
  readonly notes: readonly string[]
  readonly agentErrors: number
  readonly conversationId: string | null
  /** The turn whose prompt carried the nudge. */
  readonly nudgedTurn: number | null
  readonly markers: readonly string[]
  /** The budget of model calls that was used up. */
  readonly usedUp: UsedUpBudget | null
  /** Bringing the result back was begun, and not finished. */
  readonly applying: { readonly from: string; readonly to: string } | null
  /** The tree of the task that is in the person's folder; null = it was not brought back. */
  readonly applied: string | null
  /** Number of the last order heard. */
  readonly orders: number
  /** What people said and no turn has taken in. */
  readonly messages: readonly PendingMessage[]
  readonly paused: boolean
  readonly stop: 'graceful' | 'kill' | null
  readonly question: OpenQuestion | null
  /** Asked of a person and not yet decided. */
  readonly permissions: readonly OpenPermission[]
  readonly standing: readonly StandingAnswer[]
  /** When calls are taken again that a rate limit refused. */
  readonly limitedUntil: number | null
  /** Rate limits in a row that ended a turn which changed nothing. */
  readonly limitWaits: number
  readonly end: SessionEnd | null
}

export interface PendingMessage {
  readonly number: number
  readonly text: string
  readonly mode: Extract<TaskOrder, { readonly do: 'message' }>['mode']
}

type Asked<Type extends TaskEvent['type']> = Omit<Extract<TaskEvent, { readonly type: Type }>, 'type'>

export type OpenPermission = Asked<'permission.requested'>

export interface OpenQuestion extends Asked<'question.asked'> {
  readonly askedAt: number
}

export type UsedUpBudget = Omit<Extract<TaskEvent, { readonly type: 'budget.used-up' }>, 'type'>

export interface SessionEnd {
  readonly outcome: TaskOutcome
  readonly reason: string
  readonly message: string
  readonly turns: number
  readonly durationMs: number
  readonly changes: readonly ChangedFile[]
  readonly findings: readonly Finding[]
}

export const emptyState: SessionState = Object.freeze({
  seq: 0,
  lastAt: 0,
  activeMs: 0,
  stage: 'new',
  contract: null,
  generation: 0,
  baseTree: null,
  workDir: null,
  repository: null,
  tree: null,
  baseline: {},
  turns: [],
  results: {},
  failedOn: {},
  rechecks: 0,
  gate: null,
  decision: null,
  functions: [],
  markedDone: null,
  refusals: [],
  instruction: null,
  subtasks: [],
  review: null,
  notes: [],
  agentErrors: 0,
  conversationId: null,
  nudgedTurn: null,
  markers: [],
  usedUp: null,
  applying: null,
  applied: null,
  orders: 0,
  messages: [],
  paused: false,
  stop: null,
  question: null,
  permissions: [],
  standing: [],
  limitedUntil: null,
  limitWaits: 0,
  end: null,
})

/** The turn under way, or null between turns. */
export function openTurn(state: SessionState): TurnRecord | null {
  const last = state.turns.at(-1)
  return last !== undefined && last.endTree === null ? last : null
}

/** The tree before the first turn, after the baseline checks left their traces; what changed is measured from it. */
export function startingTree(state: SessionState): string | null {
  return state.turns[0]?.startTree ?? state.baseTree
}

/** Whether a person or a rate limit is waited for; such time is nobody's work. */
export function isWaiting(state: SessionState): boolean {
  return (
    state.paused || state.question !== null || state.permissions.length > 0 || state.limitedUntil !== null
  )
}

const RESUMABLE: readonly string[] = [
  'interrupted',
  'stopped',
  'needs_input',
  'rate_limited',
  'internal_error',
]

/** Whether a later run may go on after this end. */
export function canContinue(end: Pick<SessionEnd, 'reason'>): boolean {
  return RESUMABLE.includes(end.reason)
}
