import type { AgentTurnError } from '@agentproxy/plugin'

/** A turn cannot go on. */
export class OpencodeError extends Error {
  readonly failure: AgentTurnError
  /** The session, once there is one. */
  readonly conversationId: string | null

  constructor(failure: AgentTurnError, conversationId: string | null = null) {
    super(failure.message)
    this.failure = failure
    this.conversationId = conversationId
  }

  static is(value: unknown): value is OpencodeError {
    return value instanceof OpencodeError
  }
}
