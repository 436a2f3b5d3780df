import { join } from 'node:path'
import type { PluginHost } from '@agentproxy/kernel'
import type { Logger } from '@agentproxy/plugin'
import type { Lease, Store } from '@agentproxy/store'
import type { Environment } from '../process/environment.ts'
import type { LoopLimits } from '../session/limits.ts'
import type { TaskContract } from '../session/task-event.ts'
import { openPlace } from '../workspace/place.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { Inbox } from './inbox.ts'
import type { Journal } from './journal.ts'
import type { ModelAsker } from './model-asker.ts'
import type { Reasoner } from './reasoner.ts'
import type { Steering } from './turn/steering.ts'

/** Which budget of model calls was used up, in US dollars or tokens. */
export interface ModelBudgetUsedUp {
  readonly reason: 'max_cost' | 'max_tokens'
  readonly spent: number
  readonly budget: number
}

/** What the model calls of a task may cost and use; null = no limit of that sort. */
export interface ModelBudget {
  readonly maxCostUsd: number | null
  readonly maxTokens: number | null
}

/** How the supervisor and the agents it starts reach models. */
export interface ModelAccess {
  readonly url: string
  /** All tokens of a task share its budget, which is kept before each call. */
  issueToken(taskId: string, purpose: 'agent' | 'reasoner', budget?: ModelBudget): string
  /** The budget that a call of the task was refused for; null = none was. Without it there are no budgets. */
  budgetUsedUp?(taskId: string): ModelBudgetUsedUp | null
  /** When calls of the task are taken again that an upstream refused for their number, milliseconds since 1970; null = none was. */
  limitedUntil?(taskId: string): number | null
  revokeTokens(taskId: string): void
}

/** Asks a person a question; null when nobody answers. Rejects for an abort only. */
export type AskPerson = (question: string, signal: AbortSignal) => Promise<string | null>

/** One run of one task: everything its steps need. */
export interface TaskRun {
  readonly taskId: string
  readonly journal: Journal
  readonly host: PluginHost
  readonly store: Store
  readonly lease: Lease
  /** Private folder of the session. */
  readonly sessionDir: string
  readonly models: ModelAccess
  readonly asker: ModelAsker
  /** null: there is nobody to ask. */
  readonly askPerson: AskPerson | null
  readonly log: Logger
  readonly env: Environment
  readonly signal: AbortSignal
  /** Reaches the agent of the running turn. */
  readonly steering: Steering
  /** What people ask of the task. */
  readonly inbox: Inbox
  /** Whether somebody looks on who can answer. */
  readonly attended: boolean
  readonly limits: LoopLimits
  readonly reasoner: Reasoner
  readonly rules: Reasoner
  /** Milliseconds between SIGTERM and SIGKILL; 0 once a person had it killed. */
  readonly graceMs: number
  workspace: Workspace | null
}

/** The contract as `task.start` left it. */
export function contractOf(run: TaskRun): TaskContract {
  const { contract } = run.journal.state
  if (contract === null) throw new Error('A task without a contract cannot run.')
  return contract
}

/** The task's workspace, opened on first use in each run. */
export async function workspaceOf(run: TaskRun): Promise<Workspace> {
  run.workspace ??= await openPlace(run.sessionDir, contractOf(run))
  return run.workspace
}

/** Records the files as they are and tells people what could not be recorded. */
export async function snapshotTree(run: TaskRun): Promise<string> {
  const workspace = await workspaceOf(run)
  const { tree, problems } = await workspace.snapshot()
  if (problems.length > 0) {
    const text = `Some files cannot be recorded and are not part of the proof: ${problems.slice(0, 5).join('; ')}`
    await run.journal.append({ type: 'notice', level: 'warn', text })
  }
  return tree
}

/** Where a step keeps its output; unique within the session. */
export function outputFile(run: TaskRun, name: string): string {
  const seq = String(run.journal.state.seq).padStart(6, '0')
  return join(run.sessionDir, 'output', `${seq}-${name.replace(/[^\w.-]+/g, '_').slice(0, 60)}.log`)
}
