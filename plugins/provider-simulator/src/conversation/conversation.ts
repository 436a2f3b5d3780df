/** What a scenario may know of a request, whatever its wire format. */
export interface Conversation {
  /** The same for every request of one conversation: a hash of the model and the first user text. */
  readonly key: string
  /** The same for requests with the same messages, for ids that repeat when the request does. */
  readonly fingerprint: string
  /** System, user, assistant and tool texts, one after another. */
  readonly text: string
  /** The last user text, without `<system-reminder>` blocks. */
  readonly userText: string
  /** User texts so far. */
  readonly turn: number
  /** Requests so far with this key, this one included. */
  readonly request: number
  /** Tools the request offers. */
  readonly offeredTools: readonly OfferedTool[]
  /** Tools called anywhere in the conversation. */
  readonly calledTools: readonly string[]
  /** Tool results since the last user text. */
  readonly results: readonly ToolResult[]
  /** The JSON Schema the answer must follow; null = free text. */
  readonly schema: unknown
  /** Length of the request in characters, for the simulated token count. */
  readonly requestChars: number
}

export interface OfferedTool {
  readonly name: string
  /** Fields its schema wants; none where it does not say. */
  readonly required: readonly string[]
  /** It takes plain text: what the field `input` holds. */
  readonly freeform: boolean
}

export interface ToolResult {
  /** Name of the tool; empty when the conversation does not hold its call. */
  readonly tool: string
  readonly text: string
  readonly failed: boolean
}
