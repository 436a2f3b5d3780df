import { errorTypeOf, statusOf } from '../error/error-type.ts'
import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelError, ModelErrorType } from '../model/event.ts'
import { readOpenaiStreamError, writeOpenaiError } from '../openai/error.ts'

// `error.code` of a failed response, https://platform.openai.com/docs/api-reference/responses/object, and those Codex knows.
const CODES: Readonly<Record<string, ModelErrorType>> = {
  invalid_prompt: 'invalid_request',
  cyber_policy: 'invalid_request',
  bio_policy: 'invalid_request',
  data_residency_mismatch: 'invalid_request',
  vector_store_timeout: 'timeout',
  slow_down: 'overloaded',
  usage_not_included: 'permission',
  permission_error: 'permission',
  request_timeout: 'timeout',
}

const WRITTEN: Readonly<Record<ModelErrorType, string>> = {
  invalid_request: 'invalid_prompt',
  authentication: 'invalid_api_key',
  permission: 'permission_error',
  not_found: 'model_not_found',
  too_large: 'invalid_prompt',
  rate_limit: 'rate_limit_exceeded',
  overloaded: 'server_is_overloaded',
  timeout: 'request_timeout',
  upstream: 'server_error',
  truncated: 'server_error',
  internal: 'server_error',
}

/** The error of a failed response, or of an `error` event, whose fields stand beside its type or in an object. */
export function readFailure(value: unknown): ModelError {
  const outer = isRecord(value) ? value : {}
  const error: JsonRecord = isRecord(outer['error']) ? outer['error'] : outer
  const { type: kind, ...fields } = error
  const read = readOpenaiStreamError({ error: kind === 'error' ? fields : error })
  const { code, message } = error
  const text = typeof message === 'string' ? message : 'The upstream gave up its answer and did not say why.'
  const known = typeof code === 'string' ? typeOfCode(code) : null
  const type = known ?? read.type
  const status =
    typeof outer['status'] === 'number' ? outer['status'] : known === null ? read.status : statusOf(known)
  const isNamed = known !== null || read.type !== 'upstream'
  return { ...read, type: isNamed ? type : errorTypeOf(status), message: text, status }
}

function typeOfCode(code: string): ModelErrorType | null {
  if (Object.hasOwn(CODES, code)) return CODES[code] ?? null
  return code.includes('image') ? 'invalid_request' : null
}

/** `error` of a failed response; clients tell by its code whether to try again. */
export function writeFailure(error: ModelError): Record<string, unknown> {
  const { vendorType, message, type } = error
  const chat = writeOpenaiError(error)
  const chatCode = isRecord(chat['error']) ? chat['error']['code'] : null
  const own = vendorType !== null && typeOfCode(vendorType) !== null ? vendorType : null
  return { code: own ?? chatCode ?? WRITTEN[type], message }
}
