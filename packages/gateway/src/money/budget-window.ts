import type { KeyLimits } from '@agentproxy/store'
import type { Budget } from './budget.ts'

/** A budget for a span of time. Times are milliseconds since 1970. */
export interface BudgetWindow {
  readonly budget: Budget
  readonly since: number
  /** null = never again. */
  readonly resetsAt: number | null
}

/** The budgets of a key at a moment. Days and months are those of UTC. Pure. */
export function windowsOf({ budgetUsd, tokensPerDay }: KeyLimits, now: number): readonly BudgetWindow[] {
  const windows: BudgetWindow[] = []
  if (budgetUsd !== null)
    windows.push({ budget: { costUsd: budgetUsd.amount, tokens: null }, ...spanOf(budgetUsd.per, now) })
  if (tokensPerDay !== null)
    windows.push({ budget: { costUsd: null, tokens: tokensPerDay }, ...spanOf('day', now) })
  return windows
}

function spanOf(per: 'day' | 'month' | 'total', now: number): Pick<BudgetWindow, 'since' | 'resetsAt'> {
  const at = new Date(now)
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]
  switch (per) {
    case 'day':
      return { since: Date.UTC(year, month, day), resetsAt: Date.UTC(year, month, day + 1) }
    case 'month':
      return { since: Date.UTC(year, month, 1), resetsAt: Date.UTC(year, month + 1, 1) }
    case 'total':
      return { since: 0, resetsAt: null }
  }
}
