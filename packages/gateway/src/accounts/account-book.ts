import type { ProviderDefinition } from '@agentproxy/plugin'
import type { RoutingOptions } from '../routing/routing-options.ts'
import { accountsOf } from './accounts-of.ts'
import type { Account } from './accounts-of.ts'
import { isResting, nextLane, readyAt, restingLane, takesProbe } from './lane.ts'
import type { Lane, LaneEvent } from './lane.ts'
import type { Peers } from '../peers/peers.ts'
import { orderAccounts } from './order-accounts.ts'
import type { Turns } from './order-accounts.ts'
import { readQuotas } from './quota.ts'
import type { Quota } from './quota.ts'

/** Conversations whose account is remembered; the one longest unused is forgotten first. */
const MOST_CONVERSATIONS = 10_000
/** Lanes beyond which those that say nothing are dropped. */
const MANY_LANES = 1_000

/** One account with one model. */
export interface AccountUse {
  readonly provider: ProviderDefinition
  readonly account: Account
  readonly model: string
}

/** A call under way. */
export interface CallTicket {
  readonly use: AccountUse
  /** It tries an open breaker. */
  readonly probe: boolean
  isSettled: boolean
}

/** How a call ended, for its account. */
export type CallVerdict =
  | { readonly type: 'succeeded' | 'rejected' | 'released' }
  | { readonly type: 'failed' | 'limited'; readonly untilMs: number | null }

/** How an account is; holds no secret. Times in milliseconds since 1970. */
export interface AccountStatus {
  readonly provider: string
  readonly label: string
  /** Whether its key is set. */
  readonly hasKey: boolean
  /** Calls under way. */
  readonly inFlight: number
  /** What its upstream last said of its limits. */
  readonly quotas: readonly Quota[]
  /** Models it is not called for at present, or only if there is no other. */
  readonly models: readonly {
    readonly model: string
    readonly state: 'open' | 'cooling' | 'avoided'
    readonly until: number
  }[]
}

/** What happened to an account in one process, for the books of the others. */
export interface LaneNews {
  readonly account: string
  readonly model: string
  readonly event: LaneEvent
  readonly at: number
}

interface AccountState {
  inFlight: number
  quotas: readonly Quota[]
  readonly lanes: Map<string, Lane>
}

/**
 * Knows how every account does, and which is to be asked first. In memory only: a new gateway begins without prejudice. Of
 * clients' own credentials it keeps nothing: how one fares is its client's affair, and there may be any number.
 */
export class AccountBook {
  readonly #options: RoutingOptions['accounts']
  readonly #peers: Peers | null
  readonly #states = new Map<string, AccountState>()
  /** The same states by the accounts themselves: those of a reloaded provider are others, but of the same names. */
  readonly #byAccount = new WeakMap<Account, AccountState>()
  readonly #turns = new Map<string, Turns>()
  /** Conversation and provider -> label of the account that served it last. */
  readonly #homes = new Map<string, string>()

  /** With peers it tells them what changes a lane or a conversation's account, and learns that of them. */
  constructor(options: RoutingOptions['accounts'], peers: Peers | null = null) {
    this.#options = options
    this.#peers = peers
    peers?.heard('lane', (news) => void this.#fold(this.#stateAt(news.account), news))
    peers?.heard('home', ({ key, label }) => this.#setHome(key, label))
  }

  /** Whether a conversation's key is worth finding. */
  get keepsAffinity(): boolean {
    return this.#options.affinity
  }

  /** A provider's accounts, best first; that of the conversation before all others. */
  order(provider: ProviderDefinition, conversation: string | null): readonly Account[] {
    const accounts = accountsOf(provider)
    if (accounts.length < 2) return accounts
    const home = conversation === null ? undefined : this.#homes.get(homeKey(conversation, provider))
    const turns = this.#turns.get(provider.name) ?? new Map()
    const ranked = accounts.map((account) => {
      const inFlight = this.#known({ provider, account })?.inFlight ?? 0
      return { ...account, account, inFlight }
    })
    const ordered = orderAccounts(ranked, this.#options.strategy, turns)
    const list = ordered.accounts.map(({ account }) => account)
    const own = list.find(({ label }) => label === home)
    if (own !== undefined) return [own, ...list.filter((account) => account !== own)]
    this.#turns.set(provider.name, ordered.turns)
    return list
  }

  /** From when on a call may be made; not after `now` means at once. */
  readyAt(use: AccountUse, now: number): number {
    return readyAt(this.#lane(use), now)
  }

  /** What keeps a call from being made now, or from being made here first. */
  stateOf(use: AccountUse, now: number): 'ready' | 'open' | 'cooling' | 'avoided' {
    return laneState(this.#lane(use), now)
  }

  begin(use: AccountUse, now: number): CallTicket {
    if (use.account.own !== null) return { use, probe: false, isSettled: false }
    const probe = takesProbe(this.#lane(use), now)
    this.#state(use).inFlight += 1
    this.#apply(use, { type: 'started' }, now)
    return { use, probe, isSettled: false }
  }

  /** Call once for each ticket. */
  settle(ticket: CallTicket, verdict: CallVerdict, now: number): void {
    const { use, probe } = ticket
    ticket.isSettled = true
    if (use.account.own !== null) return
    this.#state(use).inFlight -= 1
    // Nearly every call: nothing to remember, nothing to forget.
    if (verdict.type === 'succeeded' && this.#lane(use) === restingLane) return
    this.#apply(use, { ...verdict, probe }, now)
  }

  noteHome(conversation: string, { provider, account }: AccountUse): void {
    const key = homeKey(conversation, provider)
    if (this.#homes.get(key) !== account.label) this.#peers?.tell('home', { key, label: account.label })
    this.#setHome(key, account.label)
  }

  #setHome(key: string, label: string): void {
    this.#homes.delete(key)
    this.#homes.set(key, label)
    const oldest = this.#homes.size > MOST_CONVERSATIONS ? this.#homes.keys().next().value : undefined
    if (oldest !== undefined) this.#homes.delete(oldest)
  }

  /** Keeps what an answer's headers tell of limits. */
  noteHeaders(use: AccountUse, headers: Parameters<typeof readQuotas>[0], now: number): void {
    const quotas = readQuotas(headers, now)
    if (quotas.length > 0 && use.account.own === null) this.#state(use).quotas = quotas
  }

  /** What the upstream last said of this account's limits. */
  quotasOf(use: AccountUse): readonly Quota[] {
    return this.#known(use)?.quotas ?? []
  }

  list(
    providers: Iterable<ProviderDefinition>,
    env: Readonly<Record<string, string | undefined>>,
  ): readonly AccountStatus[] {
    const now = Date.now()
    return [...providers].flatMap((provider) =>
      accountsOf(provider).map((account) => {
        const state = this.#known({ provider, account })
        const { credential, label } = account
        return {
          provider: provider.name,
          label,
          hasKey: credential === null || (env[credential.env]?.trim() ?? '') !== '',
          inFlight: state?.inFlight ?? 0,
          quotas: state?.quotas ?? [],
          models: [...(state?.lanes ?? [])].flatMap(([model, lane]) => laneStatus(model, lane, now)),
        }
      }),
    )
  }

  #apply(use: AccountUse, event: LaneEvent, now: number): void {
    const { model } = use
    if (!this.#fold(this.#state(use), { model, event, at: now })) return
    // A probe is each process's own: one that ended under way would be waited for by all others for ever.
    if (event.type === 'started' || event.type === 'released') return
    this.#peers?.tell('lane', { account: stateKey(use.provider, use.account), model, event, at: now })
  }

  /** Whether anything changed. */
  #fold({ lanes }: AccountState, { model, event, at }: Omit<LaneNews, 'account'>): boolean {
    const before = lanes.get(model) ?? restingLane
    const lane = nextLane(before, event, at)
    if (lane === before) return false
    if (isResting(lane, at)) lanes.delete(model)
    else lanes.set(model, lane)
    // A client may name any number of models.
    if (lanes.size > MANY_LANES) for (const [other, one] of lanes) if (isResting(one, at)) lanes.delete(other)
    return true
  }

  #lane(use: AccountUse): Lane {
    return this.#known(use)?.lanes.get(use.model) ?? restingLane
  }

  #known({ provider, account }: Pick<AccountUse, 'provider' | 'account'>): AccountState | undefined {
    const own = this.#byAccount.get(account)
    if (own !== undefined) return own
    const state = this.#states.get(stateKey(provider, account))
    if (state !== undefined) this.#byAccount.set(account, state)
    return state
  }

  #state(use: AccountUse): AccountState {
    return this.#known(use) ?? this.#stateAt(stateKey(use.provider, use.account))
  }

  #stateAt(key: string): AccountState {
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const state: AccountState = { inFlight: 0, quotas: [], lanes: new Map() }
    this.#states.set(key, state)
    return state
  }
}

function stateKey(provider: ProviderDefinition, account: Account): string {
  return `${provider.name}/${account.label}`
}

function homeKey(conversation: string, provider: ProviderDefinition): string {
  return `${provider.name}/${conversation}`
}

function laneState(lane: Lane, now: number): 'ready' | 'open' | 'cooling' | 'avoided' {
  if (lane.openUntil !== null && (now < lane.openUntil || lane.probing)) return 'open'
  if (now < lane.coolUntil) return 'cooling'
  return now < lane.avoidUntil ? 'avoided' : 'ready'
}

function laneStatus(model: string, lane: Lane, now: number): AccountStatus['models'] {
  const state = laneState(lane, now)
  if (state === 'ready') return []
  return [{ model, state, until: state === 'avoided' ? lane.avoidUntil : readyAt(lane, now) }]
}
