import type { Reporter } from '../model/reporter.ts'

const PLACE = { field: 'reasoning' } as const

/** `reasoning_effort`. A thinking budget becomes the nearest word. */
export function writeReasoningEffort(to: Reporter): string | undefined {
  const { reasoning } = to.request
  if (reasoning === undefined) return undefined
  to.riding(reasoning.extras, PLACE)
  if (reasoning.mode === 'disabled') {
    if (to.isSameFormat) return 'none'
    // Models that cannot think refuse the field, and some that can refuse "none": the model's default is the safe reading.
    to.add(
      'dropped',
      'reasoning-disabled-unsupported',
      PLACE,
      'Whether the model thinks is left to its default.',
    )
    return undefined
  }
  if (reasoning.effort !== undefined) return reasoning.effort
  if (reasoning.budgetTokens === undefined) {
    if (reasoning.mode !== undefined) {
      to.add(
        'dropped',
        'reasoning-adaptive-unsupported',
        PLACE,
        'How much the model thinks is left to its default.',
      )
    }
    return undefined
  }
  const effort = effortOfBudget(reasoning.budgetTokens)
  to.add(
    'emulated',
    'reasoning-budget-as-effort',
    PLACE,
    `A budget of ${reasoning.budgetTokens} tokens became effort "${effort}".`,
  )
  return effort
}

function effortOfBudget(budgetTokens: number): string {
  if (budgetTokens <= 4096) return 'low'
  return budgetTokens <= 12_288 ? 'medium' : 'high'
}
