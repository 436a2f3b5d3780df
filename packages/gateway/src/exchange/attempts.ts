import { LossReport } from '@agentproxy/wire'
import type { UpstreamResult } from '@agentproxy/plugin'
import type { CallTicket } from '../accounts/account-book.ts'
import { affinityKey } from '../accounts/affinity-key.ts'
import { accountsOf } from '../accounts/accounts-of.ts'
import { Rescue } from '../rescue/rescue.ts'
import { Relay } from '../relay/relay.ts'
import type { UpstreamRequest } from '../relay/relay.ts'
import type { ResolvedModel } from '../routing/resolve-model.ts'
import { pause } from './back-off.ts'
import { listCandidates, sameCredential } from './candidates.ts'
import type { Candidate } from './candidates.ts'
import { lossCodes } from './exchange.ts'
import { RequestRefused } from './failure.ts'
import type { Interruptible } from './interrupt.ts'
import { NextCall } from './next-call.ts'
import type { Turn } from './next-call.ts'
import type { CallPlan, planCall } from './plan-call.ts'
import { prepareCall } from './prepare-call.ts'
import type { Arrival } from './prepare-call.ts'
import { isRejection, remedyOf } from './remedy.ts'
import type { AttemptFailure, Remedy } from './remedy.ts'
import type { GatewayRuntime } from './runtime.ts'
import { verdictOf } from './verdict.ts'
import type { ArrivedBody } from './write-body.ts'

export interface AttemptsOptions {
  readonly runtime: GatewayRuntime
  readonly scope: Interruptible
  readonly arrival: Arrival
  readonly body: ArrivedBody
  /** The upstreams to try, in order. */
  readonly targets: readonly ResolvedModel[]
  /** Chooses the endpoint of a target. */
  readonly plan: typeof planCall
}

interface PreparedCall {
  readonly plan: CallPlan
  readonly request: UpstreamRequest
  readonly loss: LossReport
  /** Where it asks for the rest of an answer: white space that the upstream was not shown. */
  readonly unseen: string
}

/** Refusals that are one candidate's, not the request's: the next may do. */
const OF_ONE_CANDIDATE: readonly string[] = [
  'no_key',
  'lossy',
  'no_translation',
  'no_embeddings',
  'model_not_allowed',
  'unpriced',
]

/** Calls one upstream after another until one answers, none is left, or the client has been sent something. */
export class Attempts {
  readonly #options: AttemptsOptions
  readonly #conversation: string | null
  readonly #candidates: readonly Candidate[]
  readonly #next: NextCall
  readonly #rescue: Rescue | null
  /** Requests as they were sent, so that a repeat is the same byte for byte. */
  readonly #prepared = new Map<Candidate, PreparedCall>()
  #reservedFor: string | null = null
  #turn: Turn | null = null
  #failure: AttemptFailure | null = null
  #refusal: RequestRefused | null = null

  constructor(options: AttemptsOptions) {
    const { runtime, scope, targets } = options
    this.#options = options
    this.#conversation = this.#findConversation()
    const { credentials } = options.arrival
    this.#candidates = listCandidates(runtime.accounts, targets, {
      conversation: this.#conversation,
      credentials,
    })
    this.#next = new NextCall(runtime, scope.exchange, this.#candidates)
    this.#rescue = this.#createRescue()
  }

  /** Rejects with `RequestRefused` if no upstream could be called at all. */
  async run(): Promise<void> {
    const { exchange } = this.#options.scope
    for (this.#turn = this.#next.first(); this.#turn !== null;) {
      const { candidate, waitMs } = this.#turn
      if (waitMs > 0) await pause(exchange, waitMs)
      if (exchange.ended) return
      const call = await this.#prepare(candidate)
      if (exchange.ended) return
      if (call === null) this.#turn = this.#next.after(null)
      else await this.#call(candidate, call)
      if (exchange.ended) return
    }
    if (this.#failure !== null) this.#failure.tell()
    else throw this.#refusal ?? this.#next.nobodyReady()
  }

  #createRescue(): Rescue | null {
    const { runtime, scope, body } = this.#options
    const { exchange, answer } = scope
    if (runtime.routing.rescue === 'error' || !exchange.stream) return null
    return new Rescue({ format: answer.format, body, maxChars: runtime.limits.answerBytes })
  }

  #findConversation(): string | null {
    const { runtime, scope, arrival, body, targets } = this.#options
    const hasChoice = targets.some(({ provider }) => accountsOf(provider).length > 1)
    if (!hasChoice || !runtime.accounts.keepsAffinity) return null
    const { taskId } = scope.exchange.identity
    return affinityKey({ headers: arrival.headers, taskId, bytes: body.bytes })
  }

  /** null if this candidate cannot take the request. */
  async #prepare(candidate: Candidate): Promise<PreparedCall | null> {
    const { exchange, answer } = this.#options.scope
    const told = answer.started ? exchange.loss : null
    exchange.loss = new LossReport()
    try {
      const call = this.#prepared.get(candidate) ?? (await this.#make(candidate))
      this.#prepared.set(candidate, call)
      await this.#reserve(call)
      return call
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error
      if (told === null && !OF_ONE_CANDIDATE.includes(error.reason)) throw error
      candidate.isOut = true
      this.#refusal ??= error
      return null
    } finally {
      // The client's stream goes on, and so does the report of what it lost.
      if (told !== null) exchange.loss = joinLoss(told, exchange.loss)
    }
  }

  async #make(candidate: Candidate): Promise<PreparedCall> {
    const { runtime, scope, arrival } = this.#options
    const { exchange, answer } = scope
    const plan = this.#options.plan(candidate, exchange)
    exchange.plan = plan
    const { account } = candidate
    const { body, unseen } =
      answer.started && this.#rescue !== null
        ? this.#rescue.bodyFor(plan)
        : { body: this.#options.body, unseen: '' }
    const request = await prepareCall(runtime, exchange, { plan, account, arrival, body })
    return { plan, request, loss: exchange.loss, unseen }
  }

  /** Puts aside what the call may need: once for a model, however often it is called. */
  async #reserve({ plan, request }: PreparedCall): Promise<void> {
    const { runtime, scope } = this.#options
    const { exchange } = scope
    const name = `${plan.provider.name}/${plan.model}`
    if (exchange.ended || this.#reservedFor === name) return
    this.#giveBack()
    const { identity, model: asked } = exchange
    exchange.hold = await runtime.spending.reserve({ identity, ...plan, asked, body: request.body })
    this.#reservedFor = name
    // The client left while the store was asked.
    if (exchange.ended) this.#giveBack()
  }

  #giveBack(): void {
    const { exchange } = this.#options.scope
    void exchange.hold?.settle(0)
    exchange.hold = null
  }

  async #call(candidate: Candidate, { plan, request, loss, unseen }: PreparedCall): Promise<void> {
    const { runtime, scope } = this.#options
    const { exchange } = scope
    exchange.plan = plan
    if (scope.answer.started) this.#rescue?.seam(unseen, exchange.spent)
    else {
      exchange.loss = loss
      this.#announce()
    }
    exchange.beginAttempt(plan, candidate.account.label)
    candidate.calls += 1
    const ticket = runtime.accounts.begin(candidate, Date.now())
    const relay = this.#createRelay(candidate, request, (failure) => {
      // At once, because the next call depends on it.
      this.#settle(ticket, failure)
      return this.#takeOver(candidate, failure)
    })
    scope.relay = relay
    try {
      await this.#throughHook(relay, { plan, candidate, request })
    } finally {
      const outcome = relay.used ? await relay.finished : null
      this.#settle(ticket, outcome?.failure ?? null)
    }
    if (!exchange.ended) scope.relay = null
  }

  #createRelay(
    candidate: Candidate,
    request: UpstreamRequest,
    onFailure: (failure: AttemptFailure) => boolean,
  ): Relay {
    const { runtime, scope } = this.#options
    const { exchange, answer } = scope
    const { timeouts, commit } = runtime.routing
    return new Relay({
      exchange,
      answer,
      request,
      commit,
      rescue: this.#rescue,
      answerBytes: runtime.limits.answerBytes,
      firstTokenMs: exchange.stream ? timeouts.firstTokenMs : null,
      log: runtime.log,
      onHead: ({ headers }) => runtime.accounts.noteHeaders(candidate, headers, Date.now()),
      onFailure,
    })
  }

  /** Decides at once whether another attempt follows a failure that the client has not seen. */
  #takeOver(candidate: Candidate, failure: AttemptFailure): boolean {
    const { exchange, answer } = this.#options.scope
    const remedy = this.#remedy(failure)
    if (remedy === 'never') return false
    if (isRejection(failure)) {
      for (const other of this.#candidates) if (sameCredential(other, candidate)) other.isOut = true
    }
    this.#turn = this.#next.after({ candidate, remedy })
    if (this.#turn === null) return false
    this.#failure = failure
    if (answer.started) this.#beginRescue(candidate, failure)
    else exchange.endAttempt(failure.reason)
    return true
  }

  #remedy(failure: AttemptFailure): Remedy {
    const remedy = remedyOf(failure)
    if (remedy === 'never' || !this.#options.scope.answer.started) return remedy
    if (this.#rescue === null) return 'never'
    const { obstacle } = this.#rescue
    if (obstacle !== null) {
      this.#log('A stream broke that cannot be continued', { reason: failure.reason, obstacle })
      return 'never'
    }
    // It did answer: the same upstream may do for the rest.
    return remedy === 'elsewhere' && !isRejection(failure) ? 'again' : remedy
  }

  #beginRescue({ provider, account, model }: Candidate, { reason }: AttemptFailure): void {
    const { runtime, scope } = this.#options
    // Each asks for what is missing now.
    this.#prepared.clear()
    const detail = `The upstream "${provider.name}" broke off (${reason}) and another call was asked for the rest.`
    scope.exchange.loss.add('changed', 'answer-continued', '', detail)
    scope.exchange.continueAfter(reason)
    runtime.onContinued(provider.name)
    this.#log('A broken stream is being continued', {
      provider: provider.name,
      account: account.label,
      model,
      reason,
    })
  }

  #log(message: string, fields: Readonly<Record<string, unknown>>): void {
    const { runtime, scope } = this.#options
    runtime.log.warn(message, { exchangeId: scope.exchange.id, ...fields })
  }

  /** Tells the account how its call went; the first word counts. */
  #settle(ticket: CallTicket, failure: AttemptFailure | null): void {
    const { accounts } = this.#options.runtime
    if (ticket.isSettled) return
    const verdict = verdictOf(failure, {
      isCompleted: this.#options.scope.exchange.outcome === 'completed',
      quotas: () => accounts.quotasOf(ticket.use),
    })
    accounts.settle(ticket, verdict, Date.now())
    if (verdict.type === 'succeeded' && this.#conversation !== null)
      accounts.noteHome(this.#conversation, ticket.use)
  }

  async #throughHook(
    relay: Relay,
    call: { readonly plan: CallPlan; readonly candidate: Candidate; readonly request: UpstreamRequest },
  ): Promise<void> {
    const { exchange } = this.#options.scope
    const around = exchange.live.hooks['upstream.call']
    if (around === null) {
      await relay.run()
      return
    }
    const { plan, candidate, request } = call
    const payload = {
      exchangeId: exchange.id,
      attempt: exchange.attempts.length + 1,
      provider: plan.provider.name,
      account: candidate.account.label,
      model: plan.model,
      format: plan.format,
      stream: exchange.stream,
      url: plan.url,
    }
    const result = await around(payload, async () => (await relay.run()).result)
    if (relay.used) await relay.finished
    if (exchange.ended) return
    if (result.kind === 'response') await this.#substitute(relay, { candidate, request, result })
    else if (!relay.used)
      throw new Error('upstream.call: a handler says the answer was relayed, but never called next()')
  }

  /** A handler answers, in place of an upstream that was not asked or that failed. */
  async #substitute(
    relay: Relay,
    answer: {
      readonly candidate: Candidate
      readonly request: UpstreamRequest
      readonly result: Extract<UpstreamResult, { kind: 'response' }>
    },
  ): Promise<void> {
    const { scope } = this.#options
    const stand = relay.used ? this.#createRelay(answer.candidate, answer.request, () => false) : relay
    scope.relay = stand
    await stand.substitute(answer.result)
  }

  #announce(): void {
    const { answer, exchange } = this.#options.scope
    const codes = lossCodes(exchange.loss)
    const isSimulated = exchange.plan?.provider.simulated === true
    if (isSimulated) answer.setHeader('x-agentproxy-simulated', 'true')
    else answer.removeHeader('x-agentproxy-simulated')
    if (codes.length > 0) answer.setHeader('x-agentproxy-loss', codes.join(','))
    else answer.removeHeader('x-agentproxy-loss')
  }
}

/** The earlier report, to which a stream under way still adds. */
function joinLoss(earlier: LossReport, later: LossReport): LossReport {
  for (const { kind, code, pointer, detail } of later.entries) earlier.add(kind, code, pointer, detail)
  return earlier
}
