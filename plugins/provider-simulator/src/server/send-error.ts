import type { ServerResponse } from 'node:http'
import type { Format, ModelErrorType } from '@agentproxy/wire'

export interface Refusal {
  readonly status: number
  readonly message: string
  readonly retryAfterSeconds?: number | undefined
}

/** Answers with an error as the vendor of this format would word it. */
export function sendError(response: ServerResponse, format: Format, refusal: Refusal): void {
  const { status, message, retryAfterSeconds } = refusal
  const body = format.writeError({
    type: errorType(status),
    message,
    status,
    vendorType: null,
    retryAfterMs: retryAfterSeconds === undefined ? null : retryAfterSeconds * 1000,
    requestId: null,
  })
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function errorType(status: number): ModelErrorType {
  switch (status) {
    case 401:
      return 'authentication'
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
      return status < 500 ? 'invalid_request' : 'upstream'
  }
}
