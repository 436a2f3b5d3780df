/** Most that may be spent. null = no limit of that sort. */
export interface Budget {
  readonly costUsd: number | null
  /** Tokens in and out together. */
  readonly tokens: number | null
}

/** An amount spent, or put aside. */
export interface Amount {
  readonly costUsd: number
  readonly tokens: number
}

/** `used_up`: by what was spent. `held`: what is spent would leave room, but calls under way may need it. */
export type BudgetVerdict =
  | { readonly kind: 'free' }
  | { readonly kind: 'held' }
  | {
      readonly kind: 'used_up'
      readonly of: 'cost' | 'tokens'
      readonly spent: number
      readonly budget: number
    }

/**
 * Whether one more call may begin: while anything is left after what is spent and put aside. So a budget is passed by at
 * most what that one call put aside, however many begin at once, and a last call is not refused for its worst case. Pure.
 */
export function judgeBudget(budget: Budget, spent: Amount, held: Amount): BudgetVerdict {
  const limits = [
    ['cost', budget.costUsd, spent.costUsd, held.costUsd],
    ['tokens', budget.tokens, spent.tokens, held.tokens],
  ] as const
  for (const [of, limit, used] of limits)
    if (limit !== null && used >= limit) return { kind: 'used_up', of, spent: used, budget: limit }
  for (const [, limit, used, aside] of limits)
    if (limit !== null && used + aside >= limit) return { kind: 'held' }
  return { kind: 'free' }
}
