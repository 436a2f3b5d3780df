import type {
  AgentEvent,
  AgentImage,
  AgentTurnResult,
  CheckResult,
  CheckSpec,
  FunctionArguments,
  PermissionOption,
  TaskBudgets,
  TaskOutcome,
  ToolKind,
} from '@agentproxy/plugin'
import type { RepositoryPrint } from '../workspace/repository-watch.ts'
import type { WorkspaceOrder } from '../workspace/workspace-order.ts'
import type { Subtask } from './subtask.ts'
import type { ApprovalMode, PermissionRules } from './permission-rules.ts'
import type { TaskOrder } from './task-order.ts'

/** What a person asked for, whole. Fixed when the task starts. */
export interface TaskContract {
  readonly objective: string
  readonly workingDir: string
  readonly agent: string
  /** Model asked of our gateway; null = the agent's default. */
  readonly model: string | null
  /** `rules`, `llm`, or the name of a plugin's. */
  readonly reasoner: string
  /** Model of the `llm` reasoner. */
  readonly reasonerModel: string | null
  readonly checks: readonly CheckSpec[]
  /** Commands that could be checks too and are not run; told to the person. */
  readonly suggestedChecks?: readonly string[]
  /** Where the checks came from, shown to the person. */
  readonly checksFrom: 'flags' | 'file' | 'detected' | 'none'
  readonly budgets: TaskBudgets
  /** Milliseconds an agent may be silent before its turn is ended. */
  readonly idleMs: number
  /** true: a result without any changed file is not accepted. */
  readonly expectsChange: boolean
  /** true: tests may be deleted, skipped or made fewer, because the task is about that. */
  readonly allowsTestChanges: boolean
  /** false: no model judges or reviews; checks of the kind `judge` are left out. */
  readonly reviews?: boolean
  /** false: no check runs, and the task ends as unverified when the agent ends its turn. */
  readonly verifies?: boolean
  /** Patterns of files, relative to the working directory, that the task may not change. */
  readonly protectedPaths: readonly string[]
  /** Pictures that belong to the objective; absolute paths. */
  readonly screenshots: readonly AgentImage[]
  /** Where the work is done. */
  readonly workspace: WorkspaceOrder
  /** Who decides what no rule decides when the agent asks before it acts. */
  readonly approve: ApprovalMode
  readonly permissions: PermissionRules
  /** Milliseconds a permission or a question waits for a person. */
  readonly answerMs: number
  /** false: a rate limit ends the task instead of being waited for. */
  readonly waitsForLimit: boolean
  /** Who began it. A service goes on with its own after a restart. */
  readonly startedBy: 'terminal' | 'service'
}

/** `running` is an agent's turn, or the decision what comes after it. */
export type TaskState =
  | 'queued'
  | 'preparing'
  | 'running'
  | 'waiting_input'
  | 'waiting_permission'
  | 'waiting_limit'
  | 'verifying'
  | 'paused'
  | TaskOutcome

/** What a person allowed or refused for the whole task: a tool, or one exact command line or address of it. */
export interface StandingAnswer {
  readonly tool: string
  readonly toolKind: ToolKind
  readonly text: string | null
  readonly decision: 'allow' | 'deny'
}

/** Stands in the place of a plugin's name where the task's own protected paths refused a file. */
export const PROTECTED_BY_TASK = '--protect'

/** One file that differs between two trees. */
export interface ChangedFile {
  readonly path: string
  readonly operation: 'create' | 'modify' | 'delete'
  /** null for binary files. */
  readonly linesAdded: number | null
  readonly linesRemoved: number | null
}

/** A folder made for one task. */
interface WorkPlace {
  readonly mode: 'worktree' | 'clone'
  /** Where the agent works. */
  readonly dir: string
  /** Branch checked out there; null without a repository. */
  readonly branch: string | null
}

/** What a model found in a review of the changes. */
export interface ReviewIssue {
  /** blocking: the changes must not stand as they are. */
  readonly severity: 'blocking' | 'note'
  readonly file: string | null
  readonly problem: string
  readonly suggestion: string
}

/** Why the gate refused, or what it noticed. Codes are stable. */
export interface Finding {
  readonly code:
    | 'no-change'
    | 'check-failed'
    | 'check-vacuous'
    | 'check-error'
    | 'check-missing'
    | 'check-flaky'
    | 'check-known-failing'
    | 'no-checks'
    | 'tests-deleted'
    | 'tests-skipped'
    | 'tests-fewer'
    | 'tests-weakened'
    | 'tests-changed'
    | 'test-command-changed'
    | 'exit-code-hidden'
    | 'coverage-lowered'
    | 'stale-evidence'
    | 'subtask-open'
    | 'review-blocking'
    | 'blocked-by-plugin'
    | 'repository-changed'
  /** true: done is impossible while it stands. */
  readonly blocking: boolean
  readonly detail: string
  readonly paths: readonly string[]
}

/**
 * Everything that happens to a task, in the order it is logged. The log is the task: its state is the fold of these,
 * the terminal view and `--display json` print these, and a resumed run starts from these.
 */
export type TaskEvent =
  | { readonly type: 'task.created'; readonly contract: TaskContract }
  /** The contract as the `task.start` hooks left it. From here on work may begin. */
  | { readonly type: 'task.started'; readonly contract: TaskContract }
  | { readonly type: 'task.resumed'; readonly generation: number; readonly orphansEnded: number }
  | { readonly type: 'task.state'; readonly state: TaskState }
  | {
      readonly type: 'workspace.opened'
      readonly git: boolean
      /** Uncommitted changes were there before the first turn; they are kept and are not the agent's. */
      readonly dirty: boolean
      readonly baseTree: string
      /** The private folder it is done in; null = in the working directory itself. */
      readonly place: WorkPlace | null
      /** The person's repository as it was; null = there is none. */
      readonly repository: RepositoryPrint | null
    }
  /** Logged before a child process may act, so that a later run can find and end it by its marker. */
  | { readonly type: 'process.starting'; readonly marker: string; readonly what: string }
  | {
      readonly type: 'turn.started'
      readonly turn: number
      readonly prompt: string
      readonly model: string | null
      readonly tree: string
      /** Numbers of the orders whose messages are in the prompt. */
      readonly messages?: readonly number[]
    }
  | { readonly type: 'agent.event'; readonly turn: number; readonly event: AgentEvent }
  /** Somebody asked something of the task. null = in words this version does not know. */
  | { readonly type: 'order.received'; readonly number: number; readonly order: TaskOrder | null }
  /** The agent took a message in while its turn ran. */
  | { readonly type: 'message.delivered'; readonly turn: number; readonly number: number }
  /** A person is asked whether the agent may. Answered by `permission.decided` of the same id. */
  | {
      readonly type: 'permission.requested'
      readonly id: string
      readonly turn: number
      readonly tool: string
      readonly toolKind: ToolKind
      readonly title: string
      /** The command line or address, as far as the agent tells. */
      readonly text: string | null
      readonly paths: readonly string[]
      readonly options: readonly PermissionOption[]
      /** When it is denied for want of an answer; milliseconds since 1970. */
      readonly until: number
    }
  /** A person is asked by the reasoner. Answered by an order. */
  | {
      readonly type: 'question.asked'
      readonly id: string
      readonly turn: number
      readonly question: string
      /** Answers to choose from; any other is as good. */
      readonly choices: readonly string[]
    }
  | {
      readonly type: 'permission.decided'
      /** Of `permission.requested`; null = nobody was asked. */
      readonly id?: string | null
      /** Holds for the like of it to the end of the task. */
      readonly standing?: StandingAnswer | null
      readonly turn: number
      readonly tool: string
      readonly title: string
      readonly decision: 'allow' | 'deny'
      readonly reason: string
      readonly by: string
    }
  | {
      readonly type: 'file.rolled-back'
      readonly turn: number
      readonly path: string
      /** Or `PROTECTED_BY_TASK`. */
      readonly plugin: string
      readonly reason: string
    }
  | {
      readonly type: 'turn.finished'
      readonly turn: number
      readonly result: AgentTurnResult
      readonly tree: string
      /** Against the tree at the start of this turn. */
      readonly changes: readonly ChangedFile[]
      readonly durationMs: number
      /** A rate limit ended it; calls are taken again at this time, milliseconds since 1970. */
      readonly limitedUntil?: number | null
    }
  | {
      readonly type: 'check.started'
      readonly phase: CheckPhase
      readonly turn: number
      readonly check: string
      /** null for a plugin's check. */
      readonly command: string | null
    }
  | {
      readonly type: 'check.finished'
      readonly phase: CheckPhase
      readonly turn: number
      readonly result: CheckResult
    }
  | {
      readonly type: 'gate.evaluated'
      readonly turn: number
      readonly accepted: boolean
      readonly tree: string
      readonly findings: readonly Finding[]
      /** Against the tree before the first turn. */
      readonly changes: readonly ChangedFile[]
    }
  | {
      readonly type: 'decision.made'
      readonly turn: number
      readonly reasoner: string
      readonly function: string
      readonly arguments: FunctionArguments
      readonly reason: string
    }
  | {
      readonly type: 'function.finished'
      readonly turn: number
      readonly function: string
      readonly ok: boolean
      readonly result: string
      /** The tree it left behind, when it changed or looked at the workspace; null otherwise. */
      readonly tree: string | null
      /** Checks whose results it dropped, so that they run again. */
      readonly recheck?: readonly string[]
    }
  | { readonly type: 'subtask.changed'; readonly turn: number; readonly subtask: Subtask }
  | {
      readonly type: 'review.finished'
      readonly turn: number
      readonly model: string
      /** The files that were reviewed. */
      readonly tree: string
      readonly issues: readonly ReviewIssue[]
    }
  /** What the reasoner wanted to be remembered, and the files at that time. */
  | { readonly type: 'note.saved'; readonly turn: number; readonly note: string; readonly tree: string }
  /** A person had all files put back as they were before a turn. */
  | {
      readonly type: 'files.restored'
      readonly turn: number
      readonly tree: string
      readonly paths: readonly string[]
    }
  /** The result is being written into the person's folder: their files before and after. */
  | { readonly type: 'result.applying'; readonly from: string; readonly to: string }
  | { readonly type: 'result.applied'; readonly tree: string; readonly paths: readonly string[] }
  /** The private folder of the task is gone. */
  | { readonly type: 'workspace.removed' }
  /** A model call was refused because what the task may spend is spent: US dollars for `max_cost`, else tokens. */
  | {
      readonly type: 'budget.used-up'
      readonly reason: 'max_cost' | 'max_tokens'
      readonly spent: number
      readonly budget: number
    }
  | { readonly type: 'notice'; readonly level: 'info' | 'warn'; readonly text: string }
  | {
      readonly type: 'task.finished'
      readonly outcome: TaskOutcome
      /** Such as `verified`, `max_turns`, `max_time`, `max_cost`, `max_tokens`, `no_progress`, `agent_errors`, `rate_limited`, `needs_input`, `interrupted`, `stopped`, `plugin`. */
      readonly reason: string
      readonly message: string
      readonly turns: number
      readonly durationMs: number
      readonly changes: readonly ChangedFile[]
      readonly findings: readonly Finding[]
    }

export type CheckPhase = 'baseline' | 'turn'
