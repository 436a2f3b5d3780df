export type CacheErrorCode = 'VALUE_NOT_JSON' | 'VALUE_TOO_LARGE'

const MARKER = Symbol.for('agentproxy.CacheError')

/** A value the cache cannot take. */
export class CacheError extends Error {
  readonly code: CacheErrorCode
  readonly [MARKER] = true

  constructor(code: CacheErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CacheError'
    this.code = code
  }

  static is(value: unknown): value is CacheError {
    return typeof value === 'object' && value !== null && MARKER in value
  }
}
