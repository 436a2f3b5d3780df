export type CliErrorCode =
  | 'USAGE'
  | 'CONFIG_INVALID'
  | 'WORKING_DIR'
  | 'AGENT_UNKNOWN'
  | 'AGENT_UNAVAILABLE'
  | 'REASONER_UNKNOWN'
  | 'MODEL_UNKNOWN'
  | 'MODEL_MISSING'
  | 'PRICE_UNKNOWN'
  | 'CREDENTIAL_MISSING'
  | 'CHECKS_MISSING'
  | 'KEY_EXISTS'
  | 'KEY_UNKNOWN'
  | 'SESSION_UNKNOWN'
  | 'NOTHING_ASKED'
  | 'LISTEN_FAILED'
  | 'NOT_BUILT'
  | 'STATE_DIR'
  | 'PLUGIN_UNKNOWN'
  | 'PLUGIN_EXISTS'
  | 'SERVER_MISSING'
  | 'SERVER_REFUSED'
  | 'CONFIG_NOT_WRITTEN'
  | 'LOGIN_UNKNOWN'
  | 'LOGIN_FAILED'
  | 'LOGIN_CANCELLED'
  | 'LOGIN_ENDED'
  | 'REFRESH_FAILED'
  | 'WORKER_FAILED'

export interface CliErrorDetails {
  /** What to do about it; printed on lines of its own. */
  readonly hint?: string
  readonly cause?: unknown
  /** In place of the code's own. */
  readonly exitCode?: number
}

const MARKER = Symbol.for('agentproxy.CliError')

const EXIT_CODES: Readonly<Record<CliErrorCode, number>> = {
  USAGE: 2,
  CONFIG_INVALID: 2,
  WORKING_DIR: 2,
  AGENT_UNKNOWN: 2,
  AGENT_UNAVAILABLE: 17,
  REASONER_UNKNOWN: 2,
  MODEL_UNKNOWN: 2,
  MODEL_MISSING: 2,
  PRICE_UNKNOWN: 2,
  CREDENTIAL_MISSING: 2,
  CHECKS_MISSING: 2,
  KEY_EXISTS: 2,
  KEY_UNKNOWN: 2,
  SESSION_UNKNOWN: 2,
  NOTHING_ASKED: 2,
  LISTEN_FAILED: 1,
  NOT_BUILT: 1,
  STATE_DIR: 1,
  PLUGIN_UNKNOWN: 2,
  PLUGIN_EXISTS: 2,
  SERVER_MISSING: 1,
  SERVER_REFUSED: 1,
  CONFIG_NOT_WRITTEN: 1,
  LOGIN_UNKNOWN: 2,
  LOGIN_FAILED: 1,
  LOGIN_CANCELLED: 130,
  LOGIN_ENDED: 1,
  REFRESH_FAILED: 1,
  WORKER_FAILED: 1,
}

/** Something the person at the terminal can put right. Printed without a stack. */
export class CliError extends Error {
  readonly code: CliErrorCode
  readonly hint: string | null
  /** What the process exits with. */
  readonly exitCode: number
  readonly [MARKER] = true

  constructor(code: CliErrorCode, message: string, details: CliErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'CliError'
    this.code = code
    this.hint = details.hint ?? null
    this.exitCode = details.exitCode ?? EXIT_CODES[code]
  }

  static is(value: unknown): value is CliError {
    return typeof value === 'object' && value !== null && MARKER in value
  }
}
