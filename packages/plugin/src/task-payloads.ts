import type { AgentEvent, ToolKind } from './agent-event.ts'
import type { CheckResult, CheckSpec } from './check-spec.ts'

/** Limits of one task. null, or nothing said = no limit of that sort. */
export interface TaskBudgets {
  readonly maxTurns: number | null
  readonly maxTimeMs: number | null
  /** US dollars that the task's model calls may cost. */
  readonly maxCostUsd?: number | null
  /** Tokens, in and out together, that its model calls may use. */
  readonly maxTokens?: number | null
}

export interface TaskStart {
  readonly taskId: string
  readonly prompt: string
  readonly workingDir: string
  readonly agent: string
  readonly model: string | null
  readonly checks: readonly CheckSpec[]
  readonly budgets: TaskBudgets
}

/** The terminal states of a task. unverified: it was to be checked by nothing, so it ended without proof. */
export type TaskOutcome = 'done' | 'unverified' | 'failed' | 'stuck' | 'capped' | 'cancelled' | 'blocked'

export interface TaskEnd {
  readonly taskId: string
  readonly prompt: string
  readonly workingDir: string
  readonly outcome: TaskOutcome
  /** Machine-readable cause, such as `verified`, `max_turns`, `no_change`, `agent_error`. */
  readonly reason: string
  readonly message: string
  readonly turns: number
  readonly durationMs: number
  readonly checks: readonly CheckResult[]
  readonly filesChanged: readonly string[]
}

export interface BeforeDone {
  readonly taskId: string
  readonly summary: string
  readonly treeHash: string
  readonly evidence: readonly CheckResult[]
  readonly filesChanged: readonly string[]
}

/** What the reasoner sees when it decides. */
export interface ReasoningContext {
  readonly objective: string
  readonly turn: number
  readonly agentMessage: string
  readonly filesChanged: readonly string[]
  readonly checks: readonly CheckResult[]
  /** Problems the gate found: missing proof, tampered tests, no change. */
  readonly findings: readonly string[]
  /** Extra lines contributed by plugins. */
  readonly notes: readonly string[]
}

export interface ReasoningStart {
  readonly taskId: string
  readonly reasoner: string
  readonly context: ReasoningContext
}

export interface FunctionArguments {
  readonly [name: string]: unknown
}

export interface Decision {
  readonly taskId: string
  readonly turn: number
  readonly function: string
  readonly arguments: FunctionArguments
  readonly reason: string
}

export interface ReasoningComplete {
  readonly taskId: string
  readonly reasoner: string
  readonly durationMs: number
  readonly function: string
  readonly reason: string
}

export interface FunctionCall {
  readonly taskId: string
  readonly turn: number
  readonly function: string
  readonly arguments: FunctionArguments
}

export interface FunctionResult extends FunctionCall {
  readonly ok: boolean
  readonly result: string
  readonly durationMs: number
}

export interface AgentStart {
  readonly taskId: string
  readonly turn: number
  readonly agent: string
  readonly prompt: string
  readonly model: string | null
  /** Variables added to the agent's environment. */
  readonly env: Readonly<Record<string, string>>
  /** Tools the agent may use without asking; null = the agent's own default. */
  readonly allowedTools: readonly string[] | null
}

export interface AgentOutput {
  readonly taskId: string
  readonly turn: number
  readonly event: AgentEvent
}

export interface PermissionRequest {
  readonly taskId: string
  /** The agent's name of the tool. */
  readonly tool: string
  readonly kind: ToolKind
  /** One line for a person. */
  readonly title: string
  readonly input: unknown
  /** Files the tool would write, relative to the working directory, as far as the agent tells. */
  readonly paths: readonly string[]
}

export interface PermissionAnswer {
  readonly decision: 'allow' | 'deny'
  readonly reason: string
  /** true: the agent need not ask for the like again in this conversation, where it knows such an answer. */
  readonly always?: boolean
}

export interface FileChange {
  readonly taskId: string
  /** Relative to the working directory, with forward slashes. */
  readonly path: string
  readonly operation: 'create' | 'modify' | 'delete'
  /** `before`: the agent asks to write, a block refuses it. `after`: seen in the tree, a block rolls the file back. */
  readonly phase: 'before' | 'after'
}

export interface CheckBefore {
  readonly taskId: string
  readonly check: string
  /** null for a plugin's check, which cannot be made a command, nor a command a plugin's check. */
  readonly command: string | null
  readonly timeoutMs: number
}

export interface CheckAfter {
  readonly taskId: string
  readonly result: CheckResult
}
