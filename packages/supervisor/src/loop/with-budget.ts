import type { TaskBudgets } from '@agentproxy/plugin'
import type { ModelAccess } from './task-run.ts'

/** Hands the task's budget on with each token: as it is when the token is asked for, for `task.start` hooks may change it. */
export function withBudget(models: ModelAccess, budgets: () => TaskBudgets): ModelAccess {
  return {
    ...models,
    issueToken(taskId, purpose) {
      const { maxCostUsd = null, maxTokens = null } = budgets()
      return models.issueToken(taskId, purpose, { maxCostUsd, maxTokens })
    },
  }
}
