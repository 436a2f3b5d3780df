import type { Identity, ProviderDefinition } from '@agentproxy/plugin'
import type { KeyRecord, Store } from '@agentproxy/store'
import { isModelAllowed } from '../access/virtual-key.ts'
import type { RequestRefused } from '../exchange/failure.ts'
import { judgeBudget } from './budget.ts'
import type { Budget, BudgetVerdict } from './budget.ts'
import { windowsOf } from './budget-window.ts'
import type { BudgetWindow } from './budget-window.ts'
import { estimateCall } from './estimate.ts'
import type { Estimate } from './estimate.ts'
import { Holds } from './holds.ts'
import { KeyRates } from './key-rates.ts'
import type { PriceBook } from './price-book.ts'
import * as refusals from './refusals.ts'

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
  /** The call is over and used so many tokens. */
  settle(tokens: number): void
}

export interface SpendingSources {
  readonly prices: PriceBook
  /** null = no budget can be set. */
  readonly ledger: Pick<Store['exchanges'], 'spent'> | null
  readonly keys: Pick<Store['keys'], 'get'> | null
}

type Owner = { readonly taskId: string } | { readonly keyId: string }

/** Lets calls begin only while their budget lasts. What was spent is read from the ledger, so a restart forgets nothing. */
export class SpendingGuard {
  readonly #sources: SpendingSources
  readonly #tasks = new Map<string, Budget>()
  readonly #usedUp = new Map<string, UsedUp>()
  readonly #holds = new Holds()
  readonly #rates = new KeyRates()

  constructor(sources: SpendingSources) {
    this.#sources = sources
  }

  limitTask(taskId: string, { maxCostUsd, maxTokens }: TaskBudget): void {
    if (maxCostUsd === null && maxTokens === null) return
    if (this.#sources.ledger === null) throw new Error('a budget needs a ledger: give one to createGateway')
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

  /** Whether a model of this name is for this caller. */
  mayUse({ keyId }: Identity, model: string): boolean {
    if (keyId === undefined) return true
    const key = this.#sources.keys?.get(keyId) ?? null
    return key !== null && isModelAllowed(key.models, [model])
  }

  /** Puts aside what the call may need; null where nothing is limited. Throws `RequestRefused` where it may not be made. */
  reserve(call: PricedCall): Hold | null {
    const { taskId, keyId } = call.identity
    if (keyId !== undefined) return this.#reserveForKey(call, keyId)
    const budget = taskId === null ? undefined : this.#tasks.get(taskId)
    if (taskId === null || budget === undefined) return null
    const estimate = this.#estimate(call, [budget])
    this.#check({ taskId }, [{ budget, since: 0, resetsAt: null }], (verdict) => {
      this.#noteUsedUp(taskId, verdict)
      return refusals.taskBudget(verdict)
    })
    const release = this.#hold(taskId, estimate)
    return { estimate, settle: release }
  }

  #reserveForKey(call: PricedCall, keyId: string): Hold {
    const now = Date.now()
    const key = this.#sources.keys?.get(keyId) ?? null
    if (key === null || isOver(key, now)) throw refusals.keyOver()
    const { provider, model, asked } = call
    if (!isModelAllowed(key.models, [asked, `${provider.name}/${model}`]))
      throw refusals.modelNotAllowed(key, asked)
    const windows = windowsOf(key.limits, now)
    const estimate = this.#estimate(
      call,
      windows.map(({ budget }) => budget),
    )
    this.#check({ keyId }, windows, (verdict, { resetsAt }) => refusals.keyBudget(verdict, resetsAt, now))
    const waitMs = this.#rates.take(keyId, key.limits, { tokens: estimate.tokens, now })
    if (waitMs > 0) throw refusals.keyRate(key, waitMs)
    const release = this.#hold(keyId, estimate)
    return {
      estimate,
      settle: (tokens) => {
        release()
        this.#rates.correct(keyId, key.limits, estimate.tokens - tokens)
      },
    }
  }

  #estimate({ provider, model, body }: PricedCall, budgets: readonly Budget[]): Estimate {
    const estimate = estimateCall(body, this.#sources.prices.find(provider, model))
    const isMoneyLimited = budgets.some(({ costUsd }) => costUsd !== null)
    if (isMoneyLimited && estimate.costUsd === null) throw refusals.unpriced(`${provider.name}/${model}`)
    return estimate
  }

  // Nothing is awaited between asking the ledger and putting aside, so calls that begin at once see each other.
  #check(
    owner: Owner,
    windows: readonly BudgetWindow[],
    refuse: (verdict: Exclude<BudgetVerdict, { kind: 'free' }>, window: BudgetWindow) => RequestRefused,
  ): void {
    const { ledger } = this.#sources
    if (windows.length > 0 && ledger === null)
      throw new Error('a budget needs a ledger: give one to createGateway')
    const held = this.#holds.total('taskId' in owner ? owner.taskId : owner.keyId)
    for (const window of windows) {
      const spent = ledger?.spent(owner, window.since) ?? { costUsd: 0, tokens: 0 }
      const verdict = judgeBudget(window.budget, spent, held)
      if (verdict.kind !== 'free') throw refuse(verdict, window)
    }
  }

  #hold(owner: string, { costUsd, tokens }: Estimate): () => void {
    return this.#holds.add(owner, { costUsd: costUsd ?? 0, tokens })
  }

  #noteUsedUp(taskId: string, verdict: BudgetVerdict): void {
    if (verdict.kind !== 'used_up') return
    const { of, spent, budget } = verdict
    this.#usedUp.set(taskId, { reason: of === 'cost' ? 'max_cost' : 'max_tokens', spent, budget })
  }
}

function isOver({ expiresAt, revokedAt }: KeyRecord, now: number): boolean {
  return revokedAt !== null || (expiresAt !== null && expiresAt <= now)
}
