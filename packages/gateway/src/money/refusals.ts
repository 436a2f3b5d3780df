import type { ModelError } from '@agentproxy/plugin'
import type { KeyRecord } from '@agentproxy/store'
import { failure, RequestRefused } from '../exchange/failure.ts'
import type { BudgetVerdict } from './budget.ts'

export type NotFree = Exclude<BudgetVerdict, { kind: 'free' }>

/** Calls are seconds long; sooner there is nothing new. */
const TRY_AGAIN_MS = 1_000

export function taskBudget(verdict: NotFree): RequestRefused {
  if (verdict.kind === 'held') return held('task')
  const { of, budget, spent } = verdict
  const message = `The task's budget of ${sayAmount(of, budget)} is used up: ${sayAmount(of, spent)} spent.`
  return new RequestRefused(of === 'cost' ? 'max_cost' : 'max_tokens', failure('permission', message))
}

/** A budget that begins anew is a matter of waiting; one that does not is a matter of asking for another key. */
export function keyBudget(verdict: NotFree, resetsAt: number | null, now: number): RequestRefused {
  if (verdict.kind === 'held') return held('key')
  const { of, budget, spent } = verdict
  const used = `The key's budget of ${sayAmount(of, budget)} is used up: ${sayAmount(of, spent)} spent.`
  if (resetsAt === null) return new RequestRefused('key_budget', failure('permission', used))
  const message = `${used} It begins anew at ${new Date(resetsAt).toISOString()}.`
  return new RequestRefused('key_budget', tryAgain(message, resetsAt - now))
}

export function keyRate({ limits }: KeyRecord, waitMs: number): RequestRefused {
  const rates = [
    ...(limits.requestsPerMinute === null ? [] : [`${limits.requestsPerMinute} requests`]),
    ...(limits.tokensPerMinute === null ? [] : [sayAmount('tokens', limits.tokensPerMinute)]),
  ]
  const message = `The key may make ${rates.join(' and ')} a minute. Try again in ${Math.ceil(waitMs / 1000)} s.`
  return new RequestRefused('key_rate', tryAgain(message, waitMs))
}

export function modelNotAllowed({ models }: KeyRecord, asked: string): RequestRefused {
  const message = `The key may not use the model "${asked.slice(0, 200)}". It may use: ${models.join(', ')}.`
  return new RequestRefused('model_not_allowed', failure('permission', message))
}

/** It was good when the request came in. */
export function keyOver(): RequestRefused {
  return new RequestRefused('key_over', failure('authentication', 'The key was revoked or has expired.'))
}

export function unpriced(name: string): RequestRefused {
  const message = `No price is known for "${name}", so its cost cannot be held to a budget. Set it under "prices" in the configuration, or ask for another model.`
  return new RequestRefused('unpriced', failure('permission', message))
}

/** A limit that cannot be checked is not passed. */
export function storeUnavailable(): RequestRefused {
  const message =
    "The gateway's database does not answer, so the limits of this call cannot be checked. Try again."
  const error = { ...failure('overloaded', message), retryAfterMs: TRY_AGAIN_MS }
  return new RequestRefused('store_unavailable', error)
}

function held(whose: 'task' | 'key'): RequestRefused {
  const message = `Calls under way may need what is left of the ${whose}'s budget. Try again when one has ended.`
  return new RequestRefused('budget_held', tryAgain(message, TRY_AGAIN_MS))
}

function tryAgain(message: string, retryAfterMs: number): ModelError {
  return { ...failure('rate_limit', message), retryAfterMs }
}

/** `$0.50`, `12,000 tokens`. */
function sayAmount(of: 'cost' | 'tokens', amount: number): string {
  if (of === 'tokens') return `${amount.toLocaleString('en-US')} tokens`
  return `$${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`
}
