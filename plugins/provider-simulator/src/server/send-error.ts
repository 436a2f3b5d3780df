import type { ServerResponse } from 'node:http'
import { errorTypeOf } from '@agentproxy/wire'
import type { Format } from '@agentproxy/wire'

export interface Refusal {
  readonly status: number
  readonly message: string
  readonly retryAfterSeconds?: number | undefined
}

/** Answers with an error as the vendor of this format would word it. */
export function sendError(response: ServerResponse, format: Format, refusal: Refusal): void {
  const { status, message, retryAfterSeconds } = refusal
  const body = format.writeError({
    type: errorTypeOf(status),
    message,
    status,
    vendorType: null,
    retryAfterMs: retryAfterSeconds === undefined ? null : retryAfterSeconds * 1000,
    requestId: null,
  })
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
