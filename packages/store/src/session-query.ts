/** Which sessions; what is left out is not asked for. */
export interface SessionQuery {
  readonly limit: number
  readonly state?: string
  /** null = those that have none yet. */
  readonly outcome?: string | null
  readonly agent?: string
  readonly workingDir?: string
  /** Created then or later, milliseconds since 1970. */
  readonly since?: number
  /** Not changed since. */
  readonly updatedBefore?: number
  /** Words in the title or the log, as in `search`. */
  readonly text?: string
  /** The last one seen. */
  readonly before?: { readonly createdAt: number; readonly id: string }
}

export interface SearchQuery {
  readonly text: string
  readonly limit: number
  /** Only within this one. */
  readonly sessionId?: string
  /** The last one seen. */
  readonly before?: { readonly at: number; readonly sessionId: string; readonly seq: number }
}

export interface SearchHit {
  readonly sessionId: string
  /** 0 = the title. */
  readonly seq: number
  readonly at: number
  /** null for the title. */
  readonly type: string | null
  /** The place in the text. */
  readonly snippet: string
}
