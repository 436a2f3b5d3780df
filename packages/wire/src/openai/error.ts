import { readErrorBody, readStreamErrorBody } from '../error/error-body.ts'
import type { ErrorBody } from '../error/error-body.ts'
import { requestId, retryAfterMs } from '../error/error-headers.ts'
import { errorTypeOf, statusOf } from '../error/error-type.ts'
import type { ModelError, ModelErrorType } from '../model/event.ts'

// https://platform.openai.com/docs/guides/error-codes; both `type` and `code` are used to name what happened.
const NAMES: Readonly<Record<string, ModelErrorType>> = {
  invalid_request_error: 'invalid_request',
  context_length_exceeded: 'invalid_request',
  authentication_error: 'authentication',
  invalid_api_key: 'authentication',
  permission_error: 'permission',
  model_not_found: 'not_found',
  not_found_error: 'not_found',
  insufficient_quota: 'rate_limit',
  rate_limit_exceeded: 'rate_limit',
  rate_limit_error: 'rate_limit',
  requests: 'rate_limit',
  tokens: 'rate_limit',
  overloaded_error: 'overloaded',
  server_is_overloaded: 'overloaded',
  server_error: 'upstream',
}

const VENDOR_TYPES: Readonly<Record<ModelErrorType, string>> = {
  invalid_request: 'invalid_request_error',
  authentication: 'authentication_error',
  permission: 'permission_error',
  not_found: 'not_found_error',
  too_large: 'invalid_request_error',
  rate_limit: 'rate_limit_error',
  overloaded: 'overloaded_error',
  timeout: 'server_error',
  upstream: 'server_error',
  truncated: 'server_error',
  internal: 'server_error',
}

export function readOpenaiError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): ModelError {
  const read = readErrorBody(status, body)
  return {
    type: errorTypeOf(status),
    message: read.message,
    status,
    vendorType: read.type ?? read.code,
    retryAfterMs: retryAfterMs(headers),
    requestId: requestId(headers) ?? read.requestId,
  }
}

/** An error object inside a stream, whose status is guessed from what it says of itself. */
export function readOpenaiStreamError(json: unknown): ModelError {
  const read = readStreamErrorBody(json)
  const { type, status } = classify(read)
  return {
    type,
    message: read.message,
    status,
    vendorType: read.type ?? read.code,
    retryAfterMs: null,
    requestId: read.requestId,
  }
}

function classify({ type, code }: ErrorBody): { type: ModelErrorType; status: number } {
  const status = code !== null && /^[45]\d\d$/.test(code) ? Number(code) : null
  if (status !== null) return { type: errorTypeOf(status), status }
  for (const name of [code, type]) {
    const known = name !== null && Object.hasOwn(NAMES, name) ? NAMES[name] : undefined
    if (known !== undefined) return { type: known, status: known === 'upstream' ? 500 : statusOf(known) }
  }
  return { type: 'upstream', status: 500 }
}

export function writeOpenaiError(error: ModelError): Record<string, unknown> {
  const own = error.vendorType !== null && Object.hasOwn(NAMES, error.vendorType) ? error.vendorType : null
  const type = own ?? VENDOR_TYPES[error.type]
  return { error: { message: error.message, type, param: null, code: codeOf(error, own) } }
}

/** Clients tell these two by their code. */
function codeOf({ type, message }: ModelError, own: string | null): string | null {
  if (own === 'context_length_exceeded' || own === 'insufficient_quota') return own
  if (type === 'rate_limit') return 'rate_limit_exceeded'
  return type === 'invalid_request' && /prompt is too long|context (?:length|limit|window)/i.test(message)
    ? 'context_length_exceeded'
    : null
}
