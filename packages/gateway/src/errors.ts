/**
 * PORT_IN_USE, LISTEN_FAILED, HOST_NOT_LOOPBACK: the listener could not start. TOKEN_INVALID, TOKEN_FILE_UNSAFE: the owner
 * token cannot be used. REQUEST_REFUSED: one request was answered with an error of our own. CLOSED: the gateway is closed.
 * RECORDING_UNREADABLE: what is to be replayed is not there, or is no recording. WORKERS_DIFFER: a plugin was changed in one
 * process, and could not be in another.
 */
export type GatewayErrorCode =
  | 'PORT_IN_USE'
  | 'LISTEN_FAILED'
  | 'HOST_NOT_LOOPBACK'
  | 'TOKEN_INVALID'
  | 'TOKEN_FILE_UNSAFE'
  | 'REQUEST_REFUSED'
  | 'CLOSED'
  | 'RECORDING_UNREADABLE'
  | 'WORKERS_DIFFER'

const MARKER = Symbol.for('agentproxy.GatewayError')

/** Any failure of the gateway. Test with `GatewayError.is`, which also knows errors of another copy of this package. */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode
  readonly [MARKER] = true

  constructor(code: GatewayErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'GatewayError'
    this.code = code
  }

  static is(value: unknown): value is GatewayError {
    return typeof value === 'object' && value !== null && MARKER in value
  }
}
