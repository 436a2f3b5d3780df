/** What a tool does, for display and policy (the Agent Client Protocol's kinds). */
export type ToolKind = 'read' | 'edit' | 'delete' | 'search' | 'execute' | 'fetch' | 'think' | 'other'

export interface PlanEntry {
  readonly text: string
  readonly status: 'pending' | 'in_progress' | 'completed'
}

/** `waiting`: for an answer of ours. `retrying`: a model call failed and is tried again. */
export type AgentState = 'busy' | 'waiting' | 'retrying' | 'compacting' | 'idle'

/** What an agent does, normalised. Every agent's output is mapped to these. */
export type AgentEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thought'; readonly text: string }
  | {
      readonly type: 'tool_call'
      readonly id: string
      readonly name: string
      readonly kind: ToolKind
      /** One line for a person, such as `edit src/sum.js`. */
      readonly title: string
      readonly input: unknown
      /** Files it touches, relative to the working directory, as far as the agent tells. */
      readonly paths: readonly string[]
    }
  | { readonly type: 'tool_result'; readonly id: string; readonly ok: boolean; readonly output: string }
  /** What it means to do, whole each time. */
  | { readonly type: 'plan'; readonly entries: readonly PlanEntry[] }
  /** Tokens of this turn so far, by the agent's own count; what is charged is counted by the gateway. */
  | {
      readonly type: 'usage'
      /** Cached ones included. */
      readonly inputTokens: number
      readonly outputTokens: number
      /** US dollars, where the agent puts a price on it. */
      readonly costUsd: number | null
    }
  | { readonly type: 'state'; readonly state: AgentState }
  /** The agent's own name of the conversation, as soon as it is saved: a killed turn is continued under it. */
  | { readonly type: 'conversation'; readonly id: string }
  /** Something a person should know: a retry, a line that was no protocol, a denied tool. */
  | { readonly type: 'notice'; readonly level: 'info' | 'warn'; readonly text: string }
