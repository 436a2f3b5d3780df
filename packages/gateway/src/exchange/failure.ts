import type { ModelError, ModelErrorType } from '@agentproxy/plugin'
import { statusOf } from '@agentproxy/wire'
import { GatewayError } from '../errors.ts'

/** An error of our own making, with the usual HTTP status of its type unless another is given. */
export function failure(type: ModelErrorType, message: string, status: number = ownStatus(type)): ModelError {
  return { type, message, status, vendorType: null, retryAfterMs: null, requestId: null }
}

/** 529 is a vendor's word for overload; a server of our own says so as HTTP does. */
function ownStatus(type: ModelErrorType): number {
  return type === 'overloaded' ? 503 : statusOf(type)
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
