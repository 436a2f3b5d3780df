import { readErrorBody } from '../error/error-body.ts'
import { requestId, retryAfterMs } from '../error/error-headers.ts'
import { errorTypeOf, statusOf } from '../error/error-type.ts'
import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelError, ModelErrorType } from '../model/event.ts'

// https://ai.google.dev/gemini-api/docs/troubleshooting and google.rpc.Code.
const STATUSES: Readonly<Record<string, ModelErrorType>> = {
  INVALID_ARGUMENT: 'invalid_request',
  FAILED_PRECONDITION: 'invalid_request',
  OUT_OF_RANGE: 'invalid_request',
  UNAUTHENTICATED: 'authentication',
  PERMISSION_DENIED: 'permission',
  NOT_FOUND: 'not_found',
  RESOURCE_EXHAUSTED: 'rate_limit',
  UNAVAILABLE: 'overloaded',
  DEADLINE_EXCEEDED: 'timeout',
  INTERNAL: 'upstream',
  UNKNOWN: 'upstream',
}

const VENDOR_TYPES: Readonly<Record<ModelErrorType, string>> = {
  invalid_request: 'INVALID_ARGUMENT',
  authentication: 'UNAUTHENTICATED',
  permission: 'PERMISSION_DENIED',
  not_found: 'NOT_FOUND',
  too_large: 'INVALID_ARGUMENT',
  rate_limit: 'RESOURCE_EXHAUSTED',
  overloaded: 'UNAVAILABLE',
  timeout: 'DEADLINE_EXCEEDED',
  upstream: 'INTERNAL',
  truncated: 'INTERNAL',
  internal: 'INTERNAL',
}

const DETAIL = 'type.googleapis.com/google.rpc.'

export function readGeminiError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): ModelError {
  const read = readErrorBody(status, body)
  const said = readDetails(parse(body))
  return {
    type: said.type ?? errorTypeOf(status),
    message: read.message,
    status,
    vendorType: said.status,
    retryAfterMs: retryAfterMs(headers) ?? said.retryAfterMs,
    requestId: requestId(headers) ?? said.requestId,
  }
}

/** An error inside a stream, which says its status itself. */
export function readGeminiStreamError(json: unknown): ModelError {
  const said = readDetails(json)
  const type = said.type ?? (said.code === null ? 'upstream' : errorTypeOf(said.code))
  return {
    type,
    message: readErrorBody(500, JSON.stringify(json)).message,
    status: said.code ?? (type === 'upstream' ? 500 : statusOf(type)),
    vendorType: said.status,
    retryAfterMs: said.retryAfterMs,
    requestId: said.requestId,
  }
}

export function writeGeminiError(error: ModelError): Record<string, unknown> {
  const own = error.vendorType !== null && Object.hasOwn(STATUSES, error.vendorType) ? error.vendorType : null
  const details = [
    ...(error.retryAfterMs === null
      ? []
      : [{ '@type': `${DETAIL}RetryInfo`, retryDelay: `${error.retryAfterMs / 1000}s` }]),
    ...(error.requestId === null ? [] : [{ '@type': `${DETAIL}RequestInfo`, requestId: error.requestId }]),
  ]
  return {
    error: {
      code: error.status,
      message: error.message,
      status: own ?? VENDOR_TYPES[error.type],
      ...(details.length > 0 ? { details } : {}),
    },
  }
}

interface Said {
  readonly code: number | null
  readonly status: string | null
  readonly type: ModelErrorType | null
  readonly retryAfterMs: number | null
  readonly requestId: string | null
}

/** What the error object says beside its words. The array form comes without `alt=sse`. */
function readDetails(json: unknown): Said {
  const outer: unknown = Array.isArray(json) ? json[0] : json
  const error = isRecord(outer) && isRecord(outer['error']) ? outer['error'] : {}
  const { code, status, details } = error
  const list: readonly unknown[] = Array.isArray(details) ? details : []
  const detail = (name: string): JsonRecord =>
    list.filter(isRecord).find((one) => one['@type'] === DETAIL + name) ?? {}
  const id = detail('RequestInfo')['requestId']
  const name = typeof status === 'string' ? status : null
  // Google says INVALID_ARGUMENT of a wrong key.
  const isKey = detail('ErrorInfo')['reason'] === 'API_KEY_INVALID'
  return {
    code: typeof code === 'number' && code >= 400 && code < 600 ? code : null,
    status: name,
    type: isKey ? 'authentication' : typeOf(name),
    retryAfterMs: durationMs(detail('RetryInfo')['retryDelay']),
    requestId: typeof id === 'string' ? id : null,
  }
}

function typeOf(status: string | null): ModelErrorType | null {
  return status !== null && Object.hasOwn(STATUSES, status) ? (STATUSES[status] ?? null) : null
}

/** google.protobuf.Duration in JSON: seconds with a fraction and an "s". */
function durationMs(value: unknown): number | null {
  const seconds = typeof value === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(value)?.[1] : undefined
  return seconds === undefined ? null : Math.round(Number(seconds) * 1000)
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
