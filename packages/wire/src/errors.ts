export type WireReadErrorCode =
  /** The document, or a part of it, is not of the JSON type the format requires. */
  | 'WRONG_TYPE'
  | 'MISSING_FIELD'
  /** There is no reader or writer for this wire format. */
  | 'UNKNOWN_FORMAT'

const MARKER = Symbol.for('agentproxy.WireReadError')

/** A document that is not what its format says. Test with `WireReadError.is`, which also knows another copy's errors. */
export class WireReadError extends Error {
  readonly code: WireReadErrorCode
  /** JSON pointer (RFC 6901) to the offending spot; empty for the whole document. */
  readonly pointer: string
  readonly [MARKER] = true

  constructor(code: WireReadErrorCode, pointer: string, message: string, options?: ErrorOptions) {
    super(pointer === '' ? message : `${message} (at ${pointer})`, options)
    this.name = 'WireReadError'
    this.code = code
    this.pointer = pointer
  }

  static is(value: unknown): value is WireReadError {
    return typeof value === 'object' && value !== null && MARKER in value
  }
}
