export type SupervisorErrorCode =
  | 'GIT_MISSING'
  | 'GIT_FAILED'
  | 'WORKSPACE_MISSING'
  | 'WORKSPACE_SETUP'
  | 'WORKSPACE_COPY'
  | 'WORKTREE_IMPOSSIBLE'
  | 'AGENT_UNKNOWN'
  | 'CHECKS_INVALID'
  | 'REASONER_MODEL_MISSING'
  | 'REASONER_UNKNOWN'
  | 'SESSION_UNKNOWN'
  | 'SESSION_BUSY'
  | 'SESSION_BROKEN'
  | 'SESSION_ENDED'
  | 'ROLLBACK_IMPOSSIBLE'
  | 'ROLLBACK_UNSAFE'
  | 'APPLY_CONFLICT'
  | 'APPLY_IMPOSSIBLE'
  | 'APPLY_UNVERIFIED'
  | 'CLEAN_UNSAFE'

const MARKER = Symbol.for('agentproxy.SupervisorError')

/** A failure of the supervisor that a person can act on. Test with `SupervisorError.is`. */
export class SupervisorError extends Error {
  readonly code: SupervisorErrorCode
  readonly [MARKER] = true

  constructor(code: SupervisorErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'SupervisorError'
    this.code = code
  }

  static is(value: unknown): value is SupervisorError {
    return typeof value === 'object' && value !== null && MARKER in value
  }
}
