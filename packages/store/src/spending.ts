/** Tokens and money of all exchanges of one task or key so far; what is not known counts as what was held for it. */
export interface Spent {
  readonly tokens: number
  readonly costUsd: number
}

/** Whose budget it is. */
export type SpendingOwner = { readonly taskId: string } | { readonly keyId: string }

/** What is left of a limit by the minute, and when that was, by the clock of the database. */
export interface RateBucket {
  readonly left: number
  readonly at: number
}

/** What an owner has used and may be using, at one moment for all processes. */
export interface Standing {
  /** By the clock of the database, milliseconds since 1970. */
  readonly now: number
  /** Since each of the moments that were asked for. */
  readonly spent: readonly Spent[]
  /** Put aside for calls under way. */
  readonly held: Spent
  /** Those that were ever taken from, by name. */
  readonly buckets: Readonly<Record<string, RateBucket>>
}

/** What to put aside, and the buckets as they are after it. */
export interface Taking {
  readonly amount: Spent
  readonly buckets: Readonly<Record<string, RateBucket>>
}

export interface HoldRequest<Refusal> {
  readonly owner: SpendingOwner
  readonly since: readonly number[]
  readonly hasRates: boolean
  /** Pure; it may be asked again after a conflict. */
  decide(standing: Standing): { readonly refusal: Refusal } | { readonly taking: Taking }
}

/** What is put aside until `settle`, or until the process that took it is dead. */
export interface StoreHold {
  /** Gives it back, and to a bucket what of it was not used. Never rejects: what fails is tried again. */
  settle(unused?: { readonly name: string; readonly amount: number; readonly most: number }): Promise<void>
}
