import type { ModelError, ModelErrorType } from '@agentproxy/plugin'
import { GatewayError } from '../errors.ts'

const STATUS: Readonly<Record<ModelErrorType, number>> = Object.freeze({
  invalid_request: 400,
  authentication: 401,
  permission: 403,
  not_found: 404,
  too_large: 413,
  rate_limit: 429,
  overloaded: 503,
  timeout: 504,
  upstream: 502,
  truncated: 502,
  internal: 500,
})

/** An error of our own making, with the usual HTTP status of its type unless another is given. */
export function failure(type: ModelErrorType, message: string, status: number = STATUS[type]): ModelError {
  return { type, message, status, vendorType: null, retryAfterMs: null, requestId: null }
}

/** Thrown while a request is prepared: it is answered with `error`, and no upstream is called. */
export class RequestRefused extends GatewayError {
  readonly error: ModelError
  /** Machine-readable cause for `exchange.end`. */
  readonly reason: string

  constructor(reason: string, error: ModelError, cause?: unknown) {
    super('REQUEST_REFUSED', error.message, cause)
    this.error = error
    this.reason = reason
  }
}
