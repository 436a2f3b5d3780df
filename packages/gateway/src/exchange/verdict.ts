import type { CallVerdict } from '../accounts/account-book.ts'
import { exhaustedUntil } from '../accounts/quota.ts'
import type { Quota } from '../accounts/quota.ts'
import { isRejection, remedyOf } from './remedy.ts'
import type { AttemptFailure } from './remedy.ts'

/** What a call's end says of its account. Pure but for the clock that `Retry-After` counts from. */
export function verdictOf(
  failure: AttemptFailure | null,
  { isCompleted, quotas }: { readonly isCompleted: boolean; readonly quotas: () => readonly Quota[] },
): CallVerdict {
  if (failure === null) return { type: isCompleted ? 'succeeded' : 'released' }
  if (isRejection(failure)) return { type: 'rejected' }
  const { status } = failure.error
  const remedy = remedyOf(failure)
  // What is wrong with the request says nothing of the upstream; nor does a kept connection it had closed.
  if (remedy === 'never' || remedy === 'at-once' || status === 408 || status === 409)
    return { type: 'released' }
  const untilMs = retryAt(failure, quotas)
  return { type: status === 429 ? 'limited' : 'failed', untilMs }
}

/** When the upstream wants to be asked again: `Retry-After`, else when a limit that is used up is whole again; null if it did not say. */
function retryAt({ error }: AttemptFailure, quotas: () => readonly Quota[]): number | null {
  if (error.retryAfterMs !== null) return Date.now() + error.retryAfterMs
  return error.status === 429 ? exhaustedUntil(quotas()) : null
}
