import { definePlugin, modify } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { exitCodeFor } from '../session/task-report.ts'
import { tempFolder } from '../testing/temp-folder.ts'
import { fixture } from '../testing/task-fixture.ts'
import type { ModelAccess, ModelBudget, ModelBudgetUsedUp } from './task-run.ts'

/** A gateway that refuses whatever comes once the agent had its token. */
function spendingModels(
  usedUp: ModelBudgetUsedUp,
): ModelAccess & { readonly budgets: (ModelBudget | undefined)[] } {
  const budgets: (ModelBudget | undefined)[] = []
  return {
    url: 'http://127.0.0.1:9',
    budgets,
    issueToken(_taskId, _purpose, budget) {
      budgets.push(budget)
      return 'token'
    },
    revokeTokens() {},
    budgetUsedUp: () => (budgets.length === 0 ? null : usedUp),
  }
}

const refused = {
  stopReason: 'error',
  error: { code: 'model', message: 'refused', retryable: true },
} as const

test.each([
  [{ reason: 'max_cost', spent: 0.5123456, budget: 0.5 }, 14, '$0.5 is used up: $0.5123 spent.'],
  [{ reason: 'max_tokens', spent: 1234, budget: 1000 }, 15, '1000 tokens is used up: 1234 tokens spent.'],
] as const)('a task whose calls are refused for %o is capped', async (usedUp, exitCode, words) => {
  const models = spendingModels(usedUp)
  const set = await fixture({ folder: tempFolder({ 'a.txt': 'broken' }), agent: () => refused, models })
  const budgets = { maxTurns: 6, maxTimeMs: 60_000, maxCostUsd: 0.5, maxTokens: 1000 }
  const report = await set.run({ budgets })
  expect(report).toMatchObject({ outcome: 'capped', reason: usedUp.reason, turns: 1 })
  expect(report.message).toBe(`The budget of ${words}`)
  expect(exitCodeFor(report)).toBe(exitCode)
  expect(set.payloads('budget.used-up')).toMatchObject([usedUp])
  expect(models.budgets).toEqual([{ maxCostUsd: 0.5, maxTokens: 1000 }])
})

test.each([
  ['leaves the money as it was', {}, 0.5],
  ['may change the money', { maxCostUsd: 0.1 }, 0.1],
])('a plugin that changes the turns of a task %s', async (_, changed, maxCostUsd) => {
  const models = spendingModels({ reason: 'max_cost', spent: 1, budget: 1 })
  const plugin = definePlugin({
    name: 'fewer-turns',
    version: '1.0.0',
    setup(ctx) {
      ctx.hook('task.start', () => modify({ budgets: { maxTurns: 3, maxTimeMs: null, ...changed } }))
    },
  })
  const folder = tempFolder({ 'a.txt': 'broken' })
  const set = await fixture({ folder, agent: () => refused, models, plugins: [plugin] })
  await set.run({ budgets: { maxTurns: 6, maxTimeMs: 60_000, maxCostUsd: 0.5 } })
  expect(models.budgets).toEqual([{ maxCostUsd, maxTokens: null }])
})
