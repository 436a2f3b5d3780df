import {
  AuthorizationResponseError,
  OperationProcessingError,
  ResponseBodyError,
  UnsupportedOperationError,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi'
import { oneLine } from '../display/strip-escapes.ts'

export interface Failure {
  readonly ok: false
  /** The provider's own code, as `invalid_grant` (RFC 6749, 5.2); null = it gave none. */
  readonly error: string | null
  /** For people, on one line, without a secret. */
  readonly reason: string
}

const LONGEST_REASON = 200

/**
 * What went wrong with a provider, in words. The thrown error itself is not kept: its causes hold answers, and those
 * hold tokens. What the provider says is quoted without what it was sent.
 */
export function explainFailure(thrown: unknown, secrets: readonly (string | null)[]): Failure {
  const { error, reason } = read(thrown)
  const clean = secrets.reduce<string>(
    (text, secret) => (secret ? text.replaceAll(secret, '[secret]') : text),
    reason,
  )
  return { ok: false, error, reason: oneLine(clean, LONGEST_REASON) }
}

function read(thrown: unknown): { readonly error: string | null; readonly reason: string } {
  if (thrown instanceof ResponseBodyError || thrown instanceof AuthorizationResponseError) {
    const { error, error_description: description } = thrown
    return { error, reason: description ? `${error}: ${description}` : error }
  }
  if (thrown instanceof WWWAuthenticateChallengeError)
    return { error: 'invalid_client', reason: `it answered ${thrown.status} and asks for authentication` }
  // Its messages are fixed texts; the answers they are about are in the cause.
  if (thrown instanceof OperationProcessingError || thrown instanceof UnsupportedOperationError)
    return { error: null, reason: thrown.message }
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown
  return { error: null, reason: cause instanceof Error ? cause.message || cause.name : String(cause) }
}
