import type { Identity, Logger, ProviderDefinition } from '@agentproxy/plugin'
import type { KeyRecord, SpendingOwner, Standing, Store } from '@agentproxy/store'
import { isModelAllowed, isOver } from '../access/virtual-key.ts'
import type { RequestRefused } from '../exchange/failure.ts'
import { judgeBudget } from './budget.ts'
import type { Budget, BudgetVerdict } from './budget.ts'
import { windowsOf } from './budget-window.ts'
import type { BudgetWindow } from './budget-window.ts'
import { estimateCall } from './estimate.ts'
import type { Estimate } from './estimate.ts'
import type { PriceBook } from './price-book.ts'
import * as refusals from './refusals.ts'
import type { NotFree } from './refusals.ts'
import { isRated, NO_RATES, takeRates, unusedTokens } from './take-rates.ts'
import type { RateLimits } from './take-rates.ts'

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
  /** As the client named it. */
  readonly asked: string
  /** As it goes to the upstream. */
  readonly body: Buffer
}

/** What is put aside for a call until what it used is recorded. */
export interface Hold {
  readonly estimate: Estimate
  /** The call is over and used so many tokens. Never rejects. */
  settle(tokens: number): Promise<void>
}

export interface SpendingSources {
  readonly prices: PriceBook
  /** Shared by all processes on one store; null = no budget can be set. */
  readonly holds: Store['holds'] | null
  readonly keys: Pick<Store['keys'], 'get'> | null
  readonly log: Logger
}

interface Limits {
  readonly owner: SpendingOwner
  readonly windows: readonly BudgetWindow[]
  readonly rates: RateLimits
  refuseBudget(verdict: NotFree, window: BudgetWindow): RequestRefused
  refuseRate(waitMs: number): RequestRefused
}

/** Lets calls begin only while their budget lasts. What was spent is read from the ledger, so a restart forgets nothing. */
export class SpendingGuard {
  readonly #sources: SpendingSources
  readonly #tasks = new Map<string, Budget>()
  readonly #usedUp = new Map<string, UsedUp>()

  constructor(sources: SpendingSources) {
    this.#sources = sources
  }

  limitTask(taskId: string, { maxCostUsd, maxTokens }: TaskBudget): void {
    if (maxCostUsd === null && maxTokens === null) return
    if (this.#sources.holds === null)
      throw new Error('a budget needs a store: give its holds to createGateway')
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

  /** Which models are for this caller. */
  async allowance({ keyId }: Identity): Promise<(model: string) => boolean> {
    if (keyId === undefined) return () => true
    const key = await this.#findKey(keyId)
    return (model) => key !== null && isModelAllowed(key.models, [model])
  }

  /** Puts aside what the call may need; null where nothing is limited. Rejects with `RequestRefused` where it may not be made. */
  async reserve(call: PricedCall): Promise<Hold | null> {
    const { taskId, keyId } = call.identity
    if (keyId !== undefined) return this.#reserveForKey(call, keyId)
    const budget = taskId === null ? undefined : this.#tasks.get(taskId)
    if (taskId === null || budget === undefined) return null
    return this.#take(call, {
      owner: { taskId },
      windows: [{ budget, since: 0, resetsAt: null }],
      rates: NO_RATES,
      refuseBudget: (verdict) => {
        this.#noteUsedUp(taskId, verdict)
        return refusals.taskBudget(verdict)
      },
      refuseRate: () => {
        throw new Error('tasks have no limits by the minute')
      },
    })
  }

  async #reserveForKey(call: PricedCall, keyId: string): Promise<Hold | null> {
    const now = Date.now()
    const key = await this.#findKey(keyId)
    if (key === null || isOver(key, now)) throw refusals.keyOver()
    const { provider, model, asked } = call
    if (!isModelAllowed(key.models, [asked, `${provider.name}/${model}`]))
      throw refusals.modelNotAllowed(key, asked)
    const windows = windowsOf(key.limits, now)
    if (windows.length === 0 && !isRated(key.limits)) return null
    return this.#take(call, {
      owner: { keyId },
      windows,
      rates: key.limits,
      refuseBudget: (verdict, { resetsAt }) => refusals.keyBudget(verdict, resetsAt, now),
      refuseRate: (waitMs) => refusals.keyRate(key, waitMs),
    })
  }

  async #take(call: PricedCall, limits: Limits): Promise<Hold> {
    const { holds } = this.#sources
    if (holds === null) throw new Error('a limit needs a store: give its holds to createGateway')
    const estimate = this.#estimate(call, limits.windows)
    const { owner, windows, rates } = limits
    const taken = await this.#ask(
      holds.take<RequestRefused>({
        owner,
        since: windows.map(({ since }) => since),
        hasRates: isRated(rates),
        decide: (standing) => decide(estimate, limits, standing),
      }),
    )
    if ('refusal' in taken) throw taken.refusal
    return {
      estimate,
      settle: (tokens) => taken.hold.settle(unusedTokens(rates, estimate.tokens - tokens)),
    }
  }

  #estimate({ provider, model, body }: PricedCall, windows: readonly BudgetWindow[]): Estimate {
    const estimate = estimateCall(body, this.#sources.prices.find(provider, model))
    const isMoneyLimited = windows.some(({ budget }) => budget.costUsd !== null)
    if (isMoneyLimited && estimate.costUsd === null) throw refusals.unpriced(`${provider.name}/${model}`)
    return estimate
  }

  #findKey(keyId: string): Promise<KeyRecord | null> {
    return this.#ask(this.#sources.keys?.get(keyId) ?? Promise.resolve(null))
  }

  /** What the database does not answer is refused: a limit that nobody checks is none. */
  async #ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      this.#sources.log.error('Asking the store what a call may spend failed', { error: String(error) })
      throw refusals.storeUnavailable()
    }
  }

  #noteUsedUp(taskId: string, verdict: BudgetVerdict): void {
    if (verdict.kind !== 'used_up') return
    const { of, spent, budget } = verdict
    this.#usedUp.set(taskId, { reason: of === 'cost' ? 'max_cost' : 'max_tokens', spent, budget })
  }
}

function decide(estimate: Estimate, limits: Limits, standing: Standing) {
  for (const [index, window] of limits.windows.entries()) {
    const spent = standing.spent[index] ?? { costUsd: 0, tokens: 0 }
    const verdict = judgeBudget(window.budget, spent, standing.held)
    if (verdict.kind !== 'free') return { refusal: limits.refuseBudget(verdict, window) }
  }
  const taken = takeRates(limits.rates, standing, estimate.tokens)
  if (taken.waitMs > 0) return { refusal: limits.refuseRate(taken.waitMs) }
  const amount = { costUsd: estimate.costUsd ?? 0, tokens: estimate.tokens }
  return { taking: { amount, buckets: taken.buckets } }
}
