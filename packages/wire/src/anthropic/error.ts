import { readErrorBody, readStreamErrorBody } from '../error/error-body.ts'
import type { ErrorBody } from '../error/error-body.ts'
import { requestId, retryAfterMs } from '../error/error-headers.ts'
import { errorTypeOf, statusOf } from '../error/error-type.ts'
import { defined } from '../json/defined.ts'
import type { ModelError, ModelErrorType } from '../model/event.ts'

// https://platform.claude.com/docs/en/api/errors
const TYPES: Readonly<Record<string, ModelErrorType>> = {
  invalid_request_error: 'invalid_request',
  authentication_error: 'authentication',
  billing_error: 'permission',
  permission_error: 'permission',
  not_found_error: 'not_found',
  request_too_large: 'too_large',
  rate_limit_error: 'rate_limit',
  timeout_error: 'timeout',
  overloaded_error: 'overloaded',
  api_error: 'upstream',
}

const VENDOR_TYPES: Readonly<Record<ModelErrorType, string>> = {
  invalid_request: 'invalid_request_error',
  authentication: 'authentication_error',
  permission: 'permission_error',
  not_found: 'not_found_error',
  too_large: 'request_too_large',
  rate_limit: 'rate_limit_error',
  timeout: 'timeout_error',
  overloaded: 'overloaded_error',
  upstream: 'api_error',
  truncated: 'api_error',
  internal: 'api_error',
}

export function readAnthropicError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): ModelError {
  const read = readErrorBody(status, body)
  return {
    type: typeOf(read) ?? errorTypeOf(status),
    message: read.message,
    status,
    vendorType: read.type,
    retryAfterMs: retryAfterMs(headers),
    requestId: requestId(headers) ?? read.requestId,
  }
}

/** An `error` event inside a stream, which has no status of its own. */
export function readAnthropicStreamError(json: unknown): ModelError {
  const read = readStreamErrorBody(json)
  const type = typeOf(read) ?? 'upstream'
  const status = type === 'upstream' ? 500 : statusOf(type)
  return {
    type,
    message: read.message,
    status,
    vendorType: read.type,
    retryAfterMs: null,
    requestId: read.requestId,
  }
}

export function writeAnthropicError(error: ModelError): Record<string, unknown> {
  const own = error.vendorType !== null && Object.hasOwn(TYPES, error.vendorType) ? error.vendorType : null
  return defined({
    type: 'error',
    error: { type: own ?? VENDOR_TYPES[error.type], message: error.message },
    request_id: error.requestId ?? undefined,
  })
}

function typeOf(read: ErrorBody): ModelErrorType | null {
  return read.type !== null && Object.hasOwn(TYPES, read.type) ? (TYPES[read.type] ?? null) : null
}
