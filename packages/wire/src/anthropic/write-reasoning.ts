import { defined } from '../json/defined.ts'
import type { Reporter } from '../model/reporter.ts'
import type { Reasoning } from '../model/request.ts'

export interface WrittenReasoning {
  readonly thinking?: Record<string, unknown>
  readonly effort?: string
}

/** The least `budget_tokens` the format takes. */
const MIN_BUDGET = 1024
const PLACE = { field: 'reasoning' } as const

const BUDGETS: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 4096,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_000,
}
const EFFORTS: Readonly<Record<string, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'max',
}

/** `thinking` and `output_config.effort`. What another format asked for is translated to what the model takes. */
export function writeReasoning(maxTokens: number, to: Reporter): WrittenReasoning {
  const { reasoning, model } = to.request
  if (reasoning === undefined) return {}
  const extras = to.riding(reasoning.extras, PLACE)
  if (to.isSameFormat) return verbatim(reasoning, extras)
  if (reasoning.mode === 'disabled') return { thinking: { type: 'disabled' } }
  const obstacle = thinkingObstacle(to)
  if (obstacle !== null) {
    to.add('dropped', 'reasoning-unsupported', PLACE, obstacle)
    return {}
  }
  const { effort, budgetTokens } = reasoning
  if (takesEffort(model)) return adaptive(reasoning, to)
  const wanted =
    budgetTokens ?? (effort === undefined ? undefined : BUDGETS[effort]) ?? BUDGETS['medium'] ?? MIN_BUDGET
  const budget = Math.max(MIN_BUDGET, Math.min(wanted, maxTokens - 1))
  if (budget >= maxTokens) {
    to.add(
      'dropped',
      'reasoning-unsupported',
      PLACE,
      `Thinking needs at least ${MIN_BUDGET} tokens below max_tokens (${maxTokens}).`,
    )
    return {}
  }
  if (budget !== budgetTokens) {
    to.add(
      'emulated',
      'reasoning-effort-as-budget',
      PLACE,
      `The effort became a thinking budget of ${budget} tokens.`,
    )
  }
  return { thinking: { type: 'enabled', budget_tokens: budget } }
}

function verbatim({ mode, budgetTokens, effort }: Reasoning, extras: object | undefined): WrittenReasoning {
  const thinking = defined({ type: mode, budget_tokens: budgetTokens, ...extras })
  return {
    ...(Object.keys(thinking).length > 0 ? { thinking } : {}),
    ...(effort === undefined ? {} : { effort }),
  }
}

function adaptive({ effort, budgetTokens }: Reasoning, to: Reporter): WrittenReasoning {
  const word = effort ?? (budgetTokens === undefined ? undefined : effortOfBudget(budgetTokens))
  if (word === undefined) return { thinking: { type: 'adaptive' } }
  const known = EFFORTS[word] ?? word
  if (known !== effort) {
    to.add('changed', 'reasoning-effort-changed', PLACE, `The thinking asked for became effort "${known}".`)
  }
  return { thinking: { type: 'adaptive' }, effort: known }
}

/** The effort word nearest to a thinking budget. */
function effortOfBudget(budgetTokens: number): string {
  if (budgetTokens <= 1024) return 'minimal'
  if (budgetTokens <= 4096) return 'low'
  if (budgetTokens <= 12_288) return 'medium'
  return budgetTokens <= 20_480 ? 'high' : 'xhigh'
}

/** Claude 4.6 and later think adaptively, steered by an effort word; earlier ones want a budget. */
function takesEffort(model: string): boolean {
  const match = /claude-[a-z]+-(\d+)(?:-(\d{1,2}))?(?!\d)/.exec(model)
  if (match === null) return false
  const major = Number(match[1])
  return major > 4 || (major === 4 && Number(match[2] ?? 0) >= 6)
}

/**
 * Why thinking cannot be turned on, or null. Messages refuses it beside a forced tool, and within a tool loop wants
 * the loop's own signed thinking back, which a client of another format does not have.
 */
function thinkingObstacle(to: Reporter): string | null {
  const { toolChoice, messages } = to.request
  if (toolChoice?.mode === 'required' || toolChoice?.mode === 'tool')
    return 'Thinking and a forced tool exclude each other.'
  const last = messages.at(-1)
  const inLoop = last?.role === 'tool' || last?.content.some((block) => block.type === 'tool_result') === true
  return inLoop ? 'Within a tool loop thinking needs the signed thinking of its first answer.' : null
}
