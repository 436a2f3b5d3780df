import type { TaskBudgets } from '@agentproxy/plugin'

/** What a task has used so far. */
export interface Spent {
  /** The turn under way; 0 before the first. */
  readonly turn: number
  readonly elapsedMs: number
  readonly tokens: number
  /** US dollars; null = not known. */
  readonly costUsd: number | null
}

export interface BudgetUse {
  readonly name: 'turns' | 'time' | 'tokens' | 'money'
  /** From 0 to 1. */
  readonly fraction: number
}

/** The budget that is nearest to its end; null = the task has none. */
export function tightestBudget(budgets: TaskBudgets, spent: Spent): BudgetUse | null {
  const { maxTurns, maxTimeMs, maxCostUsd = null, maxTokens = null } = budgets
  const uses: (readonly [BudgetUse['name'], number | null, number])[] = [
    // The turn under way is not used up yet.
    ['turns', maxTurns, Math.max(0, spent.turn - 1)],
    ['time', maxTimeMs, spent.elapsedMs],
    ['tokens', maxTokens, spent.tokens],
    ['money', maxCostUsd, spent.costUsd ?? 0],
  ]
  let tightest: BudgetUse | null = null
  for (const [name, limit, used] of uses) {
    if (limit === null) continue
    const fraction = Math.min(1, used / limit)
    if (tightest === null || fraction > tightest.fraction) tightest = { name, fraction }
  }
  return tightest
}
