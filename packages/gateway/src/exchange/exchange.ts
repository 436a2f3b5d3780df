import { randomUUID } from 'node:crypto'
import type { Snapshot } from '@agentproxy/kernel'
import type {
  ExchangeAttempt,
  ExchangeEnd,
  Identity,
  Logger,
  ModelUsage,
  WireFormat,
} from '@agentproxy/plugin'
import type { ExchangeRecord, Store } from '@agentproxy/store'
import { addUsage, LossReport } from '@agentproxy/wire'
import type { PriceBook } from '../money/price-book.ts'
import type { Hold } from '../money/spending-guard.ts'
import type { CallPlan } from './plan-call.ts'

export interface ExchangeOptions {
  readonly identity: Identity
  /** The plugin tables this exchange runs on from beginning to end. */
  readonly live: Snapshot
  /** The client's format. */
  readonly format: WireFormat
  readonly exchanges: Pick<Store['exchanges'], 'add'> | null
  readonly prices: PriceBook
  readonly log: Logger
}

/** What the calls used that broke off within the answer. */
interface Spent {
  readonly usage: ModelUsage | null
  /** null = not known. */
  readonly costUsd: number | null
  /** Every one of them told its tokens. */
  readonly isKnown: boolean
}

/** One client request and its answer. Whatever happens to it, `end` is told exactly once. */
export class Exchange {
  readonly id = `ex-${randomUUID()}`
  readonly identity: Identity
  readonly live: Snapshot
  readonly format: WireFormat
  /** What the attempt at hand lost in translation. */
  loss = new LossReport()
  /** As the client wrote it; empty until the body is read. */
  model = ''
  stream = false
  /** The upstream of the attempt at hand; set once one is chosen. */
  plan: CallPlan | null = null
  usage: ModelUsage | null = null
  /** A plugin gave an answer that was paid for before. */
  fromCache = false
  /** What is put aside for it of a budget. */
  hold: Hold | null = null
  /** Calls of upstreams that are over. */
  readonly attempts: ExchangeAttempt[] = []

  readonly #exchanges: ExchangeOptions['exchanges']
  readonly #prices: PriceBook
  readonly #log: Logger
  readonly #at = Date.now()
  readonly #start = performance.now()
  readonly #listeners: (() => void)[] = []
  #firstByteMs: number | null = null
  #spent: Spent | null = null
  #hasBegun = false
  #outcome: ExchangeEnd['outcome'] | null = null
  #attempt: { readonly plan: CallPlan; readonly account: string; readonly begunMs: number } | null = null

  constructor(options: ExchangeOptions) {
    this.identity = options.identity
    this.live = options.live
    this.format = options.format
    this.#exchanges = options.exchanges
    this.#prices = options.prices
    this.#log = options.log
  }

  get ended(): boolean {
    return this.#outcome !== null
  }

  /** How it ended; null as long as it has not. */
  get outcome(): ExchangeEnd['outcome'] | null {
    return this.#outcome
  }

  /** Milliseconds since the exchange was accepted. */
  get elapsedMs(): number {
    return performance.now() - this.#start
  }

  onEnd(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** An upstream is about to be called. */
  beginAttempt(plan: CallPlan, account: string): void {
    this.#attempt = { plan, account, begunMs: this.elapsedMs }
    if (this.#spent === null) this.#firstByteMs = null
    this.#hasBegun = true
    this.usage = null
  }

  /** What calls used whose part of the answer the client has; null = there are none, or they did not say. */
  get spent(): ModelUsage | null {
    return this.#spent?.usage ?? null
  }

  /** That call failed when the client had a part of its answer, and another is asked for the rest. */
  continueAfter(reason: string): void {
    const { plan, usage } = this
    if (plan === null) return
    const before = this.#spent ?? { usage: null, costUsd: 0, isKnown: true }
    const costUsd = this.fromCache ? 0 : this.#prices.cost(plan.provider, plan.model, usage)
    this.#spent = {
      usage: usage === null ? before.usage : addUsage(before.usage, usage),
      costUsd: costUsd === null || before.costUsd === null ? null : costUsd + before.costUsd,
      isKnown: before.isKnown && usage !== null,
    }
    this.#hasBegun = false
    this.fromCache = false
    this.usage = null
    this.endAttempt(reason)
  }

  /** That call failed, and the client is not told: another may follow. */
  endAttempt(reason: string): void {
    if (this.#attempt === null) return
    const { plan, account, begunMs } = this.#attempt
    this.#attempt = null
    const durationMs = this.elapsedMs - begunMs
    this.attempts.push({ provider: plan.provider.name, account, model: plan.model, reason, durationMs })
  }

  /** The first byte of an answer's body came from the upstream. */
  markFirstByte(): void {
    this.#firstByteMs ??= this.elapsedMs
  }

  /**
   * The terminal event: tells the observers and the store. Call it before the last bytes go out, so that whoever reads the
   * answer finds the record. false if the exchange had ended already; then the caller must not answer either.
   */
  end(outcome: ExchangeEnd['outcome'], reason: string, status: number): boolean {
    if (this.#outcome !== null) return false
    this.#outcome = outcome
    this.endAttempt(reason)
    const observe = this.live.hooks['exchange.end']
    if (observe !== null || this.#exchanges !== null || this.hold !== null) {
      const ending = this.#ending({ outcome, reason, status })
      // Observers never reject and never delay the path.
      if (observe !== null) void observe(ending)
      void this.#store(ending)
    }
    for (const listener of this.#listeners) listener()
    return true
  }

  // Here and in `#record` every field is written out: copying objects of so many fields costs more than all the rest.
  #ending({ outcome, reason, status }: Pick<ExchangeEnd, 'outcome' | 'reason' | 'status'>): ExchangeEnd {
    const { plan } = this
    return {
      exchangeId: this.id,
      identity: this.identity,
      clientFormat: this.format,
      upstreamFormat: plan === null ? null : plan.format,
      provider: plan === null ? null : plan.provider.name,
      attempts: this.attempts,
      model: this.model,
      stream: this.stream,
      simulated: plan !== null && plan.provider.simulated,
      outcome,
      reason,
      status,
      usage: this.usage === null ? this.spent : addUsage(this.spent, this.usage),
      costUsd: this.#cost(outcome),
      loss: lossCodes(this.loss),
      firstByteMs: this.#firstByteMs,
      durationMs: this.elapsedMs,
    }
  }

  /** What a budget counts in place of what is not known; a call that came to nothing counts for nothing. */
  #held({ outcome, usage, costUsd }: ExchangeEnd): Pick<ExchangeRecord, 'heldUsd' | 'heldTokens'> {
    if (this.hold === null || (outcome !== 'completed' && usage === null))
      return { heldUsd: null, heldTokens: null }
    const { estimate } = this.hold
    const isCounted =
      this.#spent?.isKnown !== false &&
      usage !== null &&
      usage.inputTokens !== null &&
      usage.outputTokens !== null
    return {
      heldUsd: costUsd === null ? estimate.costUsd : null,
      heldTokens: isCounted ? null : estimate.tokens,
    }
  }

  /** What is refused before an upstream is called, or was paid for before, costs nothing. */
  #cost(outcome: ExchangeEnd['outcome']): number | null {
    if (outcome === 'rejected') return 0
    if (this.plan === null) return null
    // Between two calls nothing is owed but for what they used.
    const isIdle = this.#spent !== null && !this.#hasBegun
    const last =
      this.fromCache || isIdle ? 0 : this.#prices.cost(this.plan.provider, this.plan.model, this.usage)
    if (this.#spent === null) return last
    return last === null || this.#spent.costUsd === null ? null : last + this.#spent.costUsd
  }

  async #store(ending: ExchangeEnd): Promise<void> {
    const record = this.#record(ending)
    try {
      await this.#exchanges?.add(record)
      // Not before it is recorded, or it would be neither held nor spent. What cannot be recorded stays held.
      await this.hold?.settle(record.heldTokens ?? (record.inputTokens ?? 0) + (record.outputTokens ?? 0))
    } catch (error) {
      this.#log.error('Storing an exchange failed', { exchangeId: this.id, error: messageOf(error) })
    }
  }

  #record(ending: ExchangeEnd): ExchangeRecord {
    const { identity, usage } = ending
    const { heldUsd, heldTokens } = this.#held(ending)
    return {
      id: ending.exchangeId,
      keyId: identity.keyId ?? null,
      taskId: identity.taskId,
      purpose: identity.purpose,
      at: this.#at,
      outcome: ending.outcome,
      reason: ending.reason,
      status: ending.status,
      clientFormat: ending.clientFormat,
      upstreamFormat: ending.upstreamFormat,
      provider: ending.provider,
      model: ending.model,
      upstreamModel: this.plan === null ? null : this.plan.model,
      stream: ending.stream,
      simulated: ending.simulated,
      inputTokens: usage === null ? null : usage.inputTokens,
      outputTokens: usage === null ? null : usage.outputTokens,
      cacheReadTokens: usage === null ? null : usage.cacheReadTokens,
      cacheWriteTokens: usage === null ? null : usage.cacheWriteTokens,
      reasoningTokens: usage === null ? null : usage.reasoningTokens,
      costUsd: ending.costUsd,
      heldUsd,
      heldTokens,
      durationMs: Math.round(ending.durationMs),
    }
  }
}

/** What a translation did, each code once. */
export function lossCodes(loss: LossReport): readonly string[] {
  return loss.isEmpty ? [] : [...new Set(loss.entries.map(({ code }) => code))]
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
