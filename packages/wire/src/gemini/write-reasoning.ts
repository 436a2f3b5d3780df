import { defined } from '../json/defined.ts'
import type { Reporter } from '../model/reporter.ts'
import type { Reasoning } from '../model/request.ts'
import { budgetRange, canThink, takesLevel } from './model-family.ts'
import type { Written } from './riding.ts'

const PLACE = { field: 'reasoning' } as const

// As Gemini's OpenAI-compatible endpoint does it: https://ai.google.dev/gemini-api/docs/openai#thinking
const BUDGETS: Readonly<Record<string, number>> = { minimal: 1024, low: 1024, medium: 8192, high: 24_576 }
const MOST = 32_768
const LEVELS: readonly string[] = ['minimal', 'low', 'medium', 'high']

/** `thinkingConfig`. A client of another format that asks for thinking expects to see it. */
export function writeReasoning(to: Reporter): Written | undefined {
  const { reasoning, model } = to.request
  if (reasoning === undefined) return undefined
  const riding = to.riding(reasoning.extras, PLACE)
  if (to.isSameFormat) return filled({ ...verbatim(reasoning), ...riding })
  if (!canThink(model)) {
    if (reasoning.mode !== 'disabled')
      to.add('dropped', 'reasoning-unsupported', PLACE, `${model} does not think.`)
    return undefined
  }
  if (reasoning.mode === 'disabled') return writeDisabled(model, to)
  const amount = takesLevel(model) ? writeLevel(reasoning, to) : writeBudget(reasoning, to)
  return { ...amount, includeThoughts: true }
}

function verbatim({ mode, budgetTokens, effort }: Reasoning): Written {
  const named = mode === 'disabled' ? 0 : mode === 'adaptive' ? -1 : undefined
  return defined({ thinkingBudget: budgetTokens ?? named, thinkingLevel: effort })
}

function filled(config: Written): Written | undefined {
  return Object.keys(config).length > 0 ? config : undefined
}

/** Gemini 3 and the pro models cannot be kept from thinking; they are asked for the least. */
function writeDisabled(model: string, to: Reporter): Written {
  const isPro = model.includes('pro')
  if (!takesLevel(model) && !isPro) return { thinkingBudget: 0 }
  const least = takesLevel(model)
    ? { thinkingLevel: leastLevel(model) }
    : { thinkingBudget: budgetRange(model).min }
  const detail = `${model} always thinks; it was asked for the least (${Object.values(least)[0]}).`
  to.add('changed', 'reasoning-disabled-unsupported', PLACE, detail)
  return least
}

function leastLevel(model: string): string {
  return model.includes('pro') ? 'low' : 'minimal'
}

function writeLevel({ effort, budgetTokens }: Reasoning, to: Reporter): Written {
  const { model } = to.request
  if (effort === undefined && budgetTokens === undefined) return {}
  const wanted = effort ?? levelOfBudget(budgetTokens ?? 0)
  const known = LEVELS.includes(wanted) ? wanted : 'high'
  const thinkingLevel = fitLevel(known, model)
  if (effort === undefined) {
    const detail = `A budget of ${budgetTokens} tokens became the thinking level "${thinkingLevel}".`
    to.add('emulated', 'reasoning-budget-as-level', PLACE, detail)
  } else if (thinkingLevel !== effort) {
    const detail = `${model} does not know the effort "${effort}"; it became "${thinkingLevel}".`
    to.add('changed', 'reasoning-effort-changed', PLACE, detail)
  }
  return { thinkingLevel }
}

/** Pro models have no "minimal", the first of them no "medium" either. */
function fitLevel(level: string, model: string): string {
  if (level === 'minimal') return leastLevel(model)
  return level === 'medium' && /gemini-3-pro/.test(model) ? 'high' : level
}

function levelOfBudget(budgetTokens: number): string {
  if (budgetTokens <= 1024) return 'minimal'
  if (budgetTokens <= 4096) return 'low'
  return budgetTokens <= 12_288 ? 'medium' : 'high'
}

function writeBudget({ mode, effort, budgetTokens }: Reasoning, to: Reporter): Written {
  if (budgetTokens === undefined && effort === undefined)
    return mode === 'adaptive' ? { thinkingBudget: -1 } : {}
  const { min, max } = budgetRange(to.request.model)
  const wanted = budgetTokens ?? BUDGETS[effort ?? ''] ?? MOST
  const thinkingBudget = Math.min(Math.max(wanted, min), max)
  if (budgetTokens === undefined) {
    const detail = `The effort became a thinking budget of ${thinkingBudget} tokens.`
    to.add('emulated', 'reasoning-effort-as-budget', PLACE, detail)
  } else if (thinkingBudget !== budgetTokens) {
    const detail = `The model thinks ${min} to ${max} tokens; the budget became ${thinkingBudget}.`
    to.add('changed', 'reasoning-budget-clamped', PLACE, detail)
  }
  return { thinkingBudget }
}
