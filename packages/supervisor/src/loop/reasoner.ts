import type { PluginHost } from '@agentproxy/kernel'
import type { FunctionArguments, ReasoningContext } from '@agentproxy/plugin'
import type { SessionState } from '../session/session-state.ts'

export interface ReasonRequest {
  /** As the `reasoning.start` hooks left it. */
  readonly context: ReasoningContext
  readonly state: SessionState
  readonly signal: AbortSignal
}

export interface ReasonedDecision {
  /** Who decided, as logged. */
  readonly reasoner: string
  readonly function: string
  readonly arguments: FunctionArguments
  readonly reason: string
  /** What a person should know about how it came about. */
  readonly notices: readonly string[]
}

/** Chooses the next function. Never rejects but for an abort. */
export interface Reasoner {
  readonly name: string
  decide(request: ReasonRequest): Promise<ReasonedDecision>
}

/** Names `--reasoner` takes: ours and those of plugins. */
export function reasonerNames({ live }: PluginHost): readonly string[] {
  return ['rules', 'llm', ...live.reasoners.keys()]
}
