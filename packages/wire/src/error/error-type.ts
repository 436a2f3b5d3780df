import type { ModelErrorType } from '../model/event.ts'

const STATUS: Readonly<Record<ModelErrorType, number>> = {
  invalid_request: 400,
  authentication: 401,
  permission: 403,
  not_found: 404,
  too_large: 413,
  rate_limit: 429,
  overloaded: 529,
  timeout: 504,
  upstream: 502,
  truncated: 502,
  internal: 500,
}

/** The HTTP status an error of this type goes with when the upstream gave none. */
export function statusOf(type: ModelErrorType): number {
  return STATUS[type]
}

/** The type of an error known only by its HTTP status. */
export function errorTypeOf(status: number): ModelErrorType {
  switch (status) {
    case 401:
      return 'authentication'
    case 402:
    case 403:
      return 'permission'
    case 404:
      return 'not_found'
    case 408:
    case 504:
      return 'timeout'
    case 413:
      return 'too_large'
    case 429:
      return 'rate_limit'
    case 503:
    case 529:
      return 'overloaded'
    default:
      return status >= 400 && status < 500 ? 'invalid_request' : 'upstream'
  }
}
