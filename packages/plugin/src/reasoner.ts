import type { FunctionArguments, ReasoningContext } from './task-payloads.ts'

export interface ReasonerFunction {
  readonly name: string
  readonly description: string
  /** JSON Schema of its arguments. */
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface ReasonerInput {
  readonly taskId: string
  readonly context: ReasoningContext
  /** What may be decided. */
  readonly functions: readonly ReasonerFunction[]
  /** Aborted when it takes too long, when the task stops, and when the plugin goes. */
  readonly signal: AbortSignal
}

export interface ReasonerDecision {
  readonly function: string
  readonly arguments: FunctionArguments
  /** One sentence for a person: why. */
  readonly reason: string
}

/** Decides what comes after each turn, chosen with `--reasoner NAME`. The gate stands above it: it cannot declare a task done. */
export interface ReasonerDefinition {
  /** Unique; neither `rules` nor `llm`. */
  readonly name: string
  readonly description: string
  /** Milliseconds. Default 120000. */
  readonly timeoutMs?: number
  decide(input: ReasonerInput): ReasonerDecision | PromiseLike<ReasonerDecision>
}
