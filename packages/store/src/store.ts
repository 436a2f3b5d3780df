import type { SearchHit, SearchQuery, SessionQuery } from './session-query.ts'
import type { HoldRequest, Spent, SpendingOwner, StoreHold } from './spending.ts'

/** A task's durable record. Times are milliseconds since 1970. */
export interface SessionRecord {
  readonly id: string
  readonly title: string
  readonly workingDir: string
  readonly agent: string
  readonly model: string | null
  /** The supervisor's word for the state; the store only keeps it. */
  readonly state: string
  readonly outcome: string | null
  readonly createdAt: number
  readonly updatedAt: number
}

export interface NewSession {
  readonly id: string
  readonly title: string
  readonly workingDir: string
  readonly agent: string
  readonly model: string | null
  readonly state: string
}

/** One entry of a session's append-only log. `seq` counts from 1 without a gap within the session. */
export interface SessionEvent {
  readonly sessionId: string
  readonly seq: number
  readonly type: string
  readonly at: number
  readonly payload: unknown
}

export interface NewEvent {
  readonly type: string
  readonly payload: unknown
  /** Appending the same id again returns the first entry and adds none. */
  readonly id?: string
}

/** What somebody asks of a session, for the process that runs it. `seq` counts up over all sessions. */
export interface CommandRecord {
  readonly seq: number
  readonly sessionId: string
  readonly at: number
  readonly payload: unknown
}

/** What a check showed, kept for good. `body` is the caller's document. */
export interface EvidenceRecord {
  readonly id: string
  readonly sessionId: string
  readonly turn: number
  readonly phase: string
  readonly check: string
  readonly verdict: string
  readonly treeHash: string
  readonly at: number
  readonly body: unknown
}

/** One finished exchange of the gateway. */
export interface ExchangeRecord {
  readonly id: string
  /** The virtual key it was made with. */
  readonly keyId: string | null
  readonly taskId: string | null
  readonly purpose: string | null
  readonly at: number
  readonly outcome: string
  readonly reason: string
  readonly status: number
  readonly clientFormat: string
  readonly upstreamFormat: string | null
  readonly provider: string | null
  /** As the client wrote it. */
  readonly model: string
  /** As its provider names it; null where none was reached. */
  readonly upstreamModel: string | null
  readonly stream: boolean
  readonly simulated: boolean
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly cacheReadTokens: number | null
  readonly cacheWriteTokens: number | null
  readonly reasoningTokens: number | null
  readonly costUsd: number | null
  /** What budgets count where the cost is not known, US dollars; null = nothing. */
  readonly heldUsd: number | null
  /** What budgets count where the tokens are not known; null = nothing. */
  readonly heldTokens: number | null
  readonly durationMs: number
}

/** An answer that a conversation may go on from, with what was asked for it. */
export interface ResponseRecord {
  /** Counts up over all answers; servers may give two answers the same id. */
  readonly seq: number
  readonly id: string
  /** Whose it is; the caller's word. */
  readonly owner: string
  /** `seq` of the answer it goes on from. */
  readonly previous: number | null
  readonly at: number
  /** Items asked with, without those of `previous`. */
  readonly input: readonly unknown[]
  /** The answer as the client got it. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface UsageTotals {
  readonly exchanges: number
  readonly failed: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly reasoningTokens: number
  /** Sum over exchanges with a known price; null if none has one. */
  readonly costUsd: number | null
  /** Exchanges whose price is unknown. */
  readonly unpriced: number
  /** Exchanges answered by a scripted upstream. */
  readonly simulated: number
}

export type UsageBy = 'key' | 'model' | 'provider' | 'task' | 'day'

export interface UsageQuery {
  readonly by: UsageBy
  /** From this moment on, milliseconds since 1970. */
  readonly since?: number
  /** Before this moment. */
  readonly until?: number
}

/** What one key, model, provider, task or day (UTC) used; `group` is its id or name, null for exchanges without any. */
export interface UsageRow extends UsageTotals {
  readonly group: string | null
}

/** What a key may use; null = no limit of that sort. */
export interface KeyLimits {
  readonly budgetUsd: { readonly amount: number; readonly per: 'day' | 'month' | 'total' } | null
  /** Tokens in and out together. */
  readonly tokensPerDay: number | null
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
}

/** A key for a program. Neither the key nor its hash is in it. */
export interface KeyRecord {
  readonly id: string
  readonly name: string
  /** Patterns of the models it is good for; none = all. */
  readonly models: readonly string[]
  readonly limits: KeyLimits
  readonly createdAt: number
  /** null = never. */
  readonly expiresAt: number | null
  readonly revokedAt: number | null
}

export interface NewKey extends Pick<KeyRecord, 'id' | 'name' | 'models' | 'limits' | 'expiresAt'> {
  readonly hash: string
}

/** Who may write a session now. A lease is taken over only from an owner that is proved dead. */
export interface Lease {
  readonly sessionId: string
  /** One more with each taking-over; writers of an older generation are refused. */
  readonly generation: number
  readonly pid: number
}

/** `warn`: the last write failed. */
export interface StoreHealth {
  readonly status: 'pass' | 'warn' | 'fail'
  /** What is wrong and what to do; empty if nothing is. */
  readonly output: string
}

export interface Store {
  readonly sessions: {
    create(session: NewSession): Promise<SessionRecord>
    get(id: string): Promise<SessionRecord | null>
    /** Sessions whose id begins with `prefix`, newest first, at most 10. */
    findByPrefix(prefix: string): Promise<readonly SessionRecord[]>
    /** Newest first. */
    list(options: SessionQuery): Promise<readonly SessionRecord[]>
    update(id: string, patch: { readonly state?: string; readonly outcome?: string | null }): Promise<void>
    /** With its log and evidence; what it cost stays known. false = a process runs it, or there is none. */
    delete(id: string): Promise<boolean>
  }
  readonly events: {
    /** Durable against a killed process once it resolves. Throws `StoreError` `LEASE_LOST` for an outdated lease. */
    append(lease: Lease, event: NewEvent): Promise<SessionEvent>
    list(
      sessionId: string,
      options?: { readonly afterSeq?: number; readonly limit?: number; readonly types?: readonly string[] },
    ): Promise<readonly SessionEvent[]>
  }
  /** What a log comes to at some entry, so that it need not be read from its beginning. One for each session. */
  readonly snapshots: {
    get(
      sessionId: string,
    ): Promise<{ readonly seq: number; readonly version: string; readonly body: unknown } | null>
    /** Throws `StoreError` `LEASE_LOST` for an outdated lease. */
    put(
      lease: Lease,
      snapshot: { readonly seq: number; readonly version: string; readonly body: unknown },
    ): Promise<void>
  }
  /** How processes speak to the one that runs a session. Kept for good: the log says which were heard. */
  readonly commands: {
    /** Throws `StoreError` `NOT_FOUND` if there is no such session. */
    add(sessionId: string, payload: unknown): Promise<CommandRecord>
    /** Oldest first. */
    list(sessionId: string, afterSeq: number): Promise<readonly CommandRecord[]>
  }
  readonly evidence: {
    add(lease: Lease, evidence: Omit<EvidenceRecord, 'sessionId' | 'at'>): Promise<EvidenceRecord>
    list(sessionId: string): Promise<readonly EvidenceRecord[]>
  }
  readonly exchanges: {
    add(exchange: ExchangeRecord): Promise<void>
    list(options: { readonly taskId?: string; readonly limit: number }): Promise<readonly ExchangeRecord[]>
    totals(taskId: string): Promise<UsageTotals>
    /** Most expensive first, then by tokens; days in order. */
    usage(query: UsageQuery): Promise<readonly UsageRow[]>
    spent(of: SpendingOwner, since?: number): Promise<Spent>
  }
  /** Amounts put aside of budgets, by all processes together. */
  readonly holds: {
    /** Puts aside what `decide` says. Nobody else can take of the same owner's between its question and its answer. */
    take<Refusal>(
      request: HoldRequest<Refusal>,
    ): Promise<{ readonly refusal: Refusal } | { readonly hold: StoreHold }>
  }
  readonly keys: {
    /** null = a key that is not revoked has that name. */
    create(key: NewKey): Promise<KeyRecord | null>
    /** Oldest first, also the revoked. */
    list(): Promise<readonly KeyRecord[]>
    /** By id or name; false = there is none, or it is revoked already. */
    revoke(key: string): Promise<boolean>
    /** As things are now on SQLite, and at most a second ago on PostgreSQL, whichever process changed them. */
    find(hash: string): Promise<KeyRecord | null>
    /** As `find`. */
    get(id: string): Promise<KeyRecord | null>
  }
  /** Finds entries of logs, and titles, that have all words of a text, or words that begin so. Newest first. */
  search(query: SearchQuery): Promise<readonly SearchHit[]>
  readonly responses: {
    add(response: Omit<ResponseRecord, 'seq'>): Promise<number>
    /** All of this id, newest first. */
    find(id: string): Promise<readonly ResponseRecord[]>
    /** The conversation up to and with this answer, oldest first; null if a part of it is gone. */
    chain(seq: number): Promise<readonly ResponseRecord[] | null>
    /** Resolves to whether the owner had one. */
    delete(owner: string, id: string): Promise<boolean>
    /** Forgets what is older than `before`, and all but the newest `keep`; resolves to how many. */
    prune(options: { readonly before: number; readonly keep: number }): Promise<number>
  }
  readonly leases: {
    /** Throws `StoreError` `LEASE_HELD` while the present owner's process lives. */
    acquire(sessionId: string): Promise<Lease>
    release(lease: Lease): Promise<void>
    /** Whether a living process has the session. */
    isHeld(sessionId: string): Promise<boolean>
    /**
     * Marks unfinished sessions whose process is dead as `interrupted`; resolves to their ids. Any process may do so at any time.
     */
    reconcile(): Promise<readonly string[]>
  }
  /** Small durable values by room and key; the back end of plugin storage. */
  readonly values: {
    get(room: string, key: string): Promise<unknown>
    set(room: string, key: string, value: unknown): Promise<void>
    delete(room: string, key: string): Promise<boolean>
    keys(room: string): Promise<readonly string[]>
  }
  /** Whether it can be read, and how the last write went. Never rejects. */
  health(): Promise<StoreHealth>
  /** Waits for the writes already asked for. */
  close(): Promise<void>
}
