import type { Logger, ModelError } from '@agentproxy/plugin'
import { failure } from '../exchange/failure.ts'

const TRY_AGAIN_MS = 1_000

/** What a caller is told while the database does not say whose key it is; the log tells why. */
export function keysUnavailable(log: Logger, error: unknown): ModelError {
  log.error('Looking up a key failed', { error: error instanceof Error ? error.message : String(error) })
  const message = "The gateway's database does not answer, so the key cannot be checked. Try again."
  return { ...failure('overloaded', message), retryAfterMs: TRY_AGAIN_MS }
}
