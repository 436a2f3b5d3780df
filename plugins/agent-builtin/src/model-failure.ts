import type { AgentTurnError } from '@agentproxy/plugin'
import { APICallError, RetryError } from 'ai'
import { z } from 'zod'

const PERMANENT_TYPES = new Set([
  'invalid_request_error',
  'authentication_error',
  'permission_error',
  'not_found_error',
  'request_too_large',
  'insufficient_quota',
])

/**
 * Turns whatever a model call failed with into the turn's error. A status of 408, 409, 429 or 5xx, a lost connection
 * and a stream that was cut may work when tried again; every other status will not.
 */
export function modelFailure(model: string, thrown: unknown): AgentTurnError {
  const tries = RetryError.isInstance(thrown) ? thrown.errors.length : 1
  const error = RetryError.isInstance(thrown) ? thrown.lastError : thrown
  const after = tries > 1 ? ` (after ${tries} tries)` : ''
  const { what, retryable } = describe(error)
  return { code: 'model', message: `The model "${model}" failed${after}: ${what}`, retryable }
}

function describe(error: unknown): { what: string; retryable: boolean } {
  if (APICallError.isInstance(error)) {
    const status = error.statusCode
    // A status of success on a failed call: the answer began and was lost on the way.
    if (status === undefined || status < 400)
      return { what: `${error.message}${lostBy(error)}`, retryable: true }
    const retryable = status === 408 || status === 409 || status === 429 || status >= 500
    return { what: `HTTP ${status}: ${error.message}`, retryable }
  }
  if (error instanceof Error) return { what: `${error.message}${lostBy(error)}`, retryable: true }
  return describeEvent(error)
}

/** What lies under a network failure, whose own message may be no more than `terminated`. */
function lostBy(error: Error): string {
  return error.cause instanceof Error ? ` (${error.cause.message}${lostBy(error.cause)})` : ''
}

/** An error the server sent inside the stream, as chat completions servers word it. */
const streamedError = z.object({
  message: z.string(),
  type: z.string().nullish(),
  code: z.union([z.string(), z.number()]).nullish(),
})

function describeEvent(error: unknown): { what: string; retryable: boolean } {
  const parsed = streamedError.safeParse(error)
  if (!parsed.success) return { what: JSON.stringify(error) ?? 'an unknown error', retryable: true }
  const { message, type, code } = parsed.data
  const permanent = [type, code].some((kind) => typeof kind === 'string' && PERMANENT_TYPES.has(kind))
  return { what: message, retryable: !permanent }
}
