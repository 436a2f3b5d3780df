import type { Identity, ProviderDefinition } from '@agentproxy/plugin'
import type { Store } from '@agentproxy/store'
import { failure, RequestRefused } from '../exchange/failure.ts'
import { judgeBudget } from './budget.ts'
import type { Amount, Budget, BudgetVerdict } from './budget.ts'
import { estimateCall } from './estimate.ts'
import type { Estimate } from './estimate.ts'
import { Holds } from './holds.ts'
import type { PriceBook } from './price-book.ts'

/** What one task may spend on models. null = no limit of that sort. */
export interface TaskBudget {
  readonly maxCostUsd: number | null
  /** Tokens in and out together. */
  readonly maxTokens: number | null
}

/** Which budget of a task a call was refused for, in US dollars or tokens. */
export interface UsedUp {
  readonly reason: 'max_cost' | 'max_tokens'
  readonly spent: number
  readonly budget: number
}

/** A call that is about to be made. */
export interface PricedCall {
  readonly identity: Identity
  readonly provider: ProviderDefinition
  /** As the upstream names it. */
  readonly model: string
  /** As it goes to the upstream. */
  readonly body: Buffer
}

/** What is put aside for a call until what it used is recorded. */
export interface Hold {
  readonly estimate: Estimate
  /** Safe to call twice. */
  release(): void
}

type Ledger = Pick<Store['exchanges'], 'spent'>

const TRY_AGAIN_MS = 1_000

/** Lets calls begin only while their budget lasts. What was spent is read from the ledger, so a restart forgets nothing. */
export class SpendingGuard {
  readonly #prices: PriceBook
  readonly #ledger: Ledger | null
  readonly #tasks = new Map<string, Budget>()
  readonly #usedUp = new Map<string, UsedUp>()
  readonly #holds = new Holds()

  constructor(prices: PriceBook, ledger: Ledger | null) {
    this.#prices = prices
    this.#ledger = ledger
  }

  limitTask(taskId: string, { maxCostUsd, maxTokens }: TaskBudget): void {
    if (maxCostUsd === null && maxTokens === null) return
    if (this.#ledger === null) throw new Error('a budget needs a ledger: give one to createGateway')
    this.#tasks.set(taskId, { costUsd: maxCostUsd, tokens: maxTokens })
  }

  forgetTask(taskId: string): void {
    this.#tasks.delete(taskId)
    this.#usedUp.delete(taskId)
  }

  /** The budget a call of this task was refused for; null = none was. */
  usedUp(taskId: string): UsedUp | null {
    return this.#usedUp.get(taskId) ?? null
  }

  /** Puts aside what the call may need; null where nothing is limited. Throws `RequestRefused` once a budget is used up. */
  reserve({ identity, provider, model, body }: PricedCall): Hold | null {
    const { taskId } = identity
    const budget = taskId === null ? undefined : this.#tasks.get(taskId)
    if (taskId === null || budget === undefined || this.#ledger === null) return null
    const estimate = estimateCall(body, this.#prices.find(provider, model))
    if (budget.costUsd !== null && estimate.costUsd === null) throw unpriced(`${provider.name}/${model}`)
    // Nothing is awaited between asking the ledger and putting aside, so calls that begin at once see each other.
    const verdict = judgeBudget(budget, this.#ledger.spent({ taskId }), this.#holds.total(taskId))
    if (verdict.kind !== 'free') throw this.#refuse(taskId, verdict)
    const amount: Amount = { costUsd: estimate.costUsd ?? 0, tokens: estimate.tokens }
    return { estimate, release: this.#holds.add(taskId, amount) }
  }

  #refuse(taskId: string, verdict: Exclude<BudgetVerdict, { kind: 'free' }>): RequestRefused {
    if (verdict.kind === 'held') {
      const message =
        'Calls under way may need what is left of the task’s budget. Try again when one has ended.'
      return new RequestRefused('budget_held', tryAgain(message, TRY_AGAIN_MS))
    }
    const { of, spent, budget } = verdict
    const usedUp: UsedUp = { reason: of === 'cost' ? 'max_cost' : 'max_tokens', spent, budget }
    this.#usedUp.set(taskId, usedUp)
    const message = `The task's budget of ${sayAmount(of, budget)} is used up: ${sayAmount(of, spent)} spent.`
    return new RequestRefused(usedUp.reason, failure('permission', message))
  }
}

export function tryAgain(message: string, retryAfterMs: number) {
  return { ...failure('rate_limit', message), retryAfterMs }
}

/** `$0.50`, `12,000 tokens`. */
export function sayAmount(of: 'cost' | 'tokens', amount: number): string {
  if (of === 'tokens') return `${amount.toLocaleString('en-US')} tokens`
  return `$${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`
}

export function unpriced(name: string): RequestRefused {
  const message = `No price is known for "${name}", so its cost cannot be held to a budget. Set it under "prices" in the configuration, or ask for another model.`
  return new RequestRefused('unpriced', failure('permission', message))
}
