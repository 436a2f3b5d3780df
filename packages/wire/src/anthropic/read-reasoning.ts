import { extrasOf } from '../json/extras.ts'
import { isRecord } from '../json/json-record.ts'
import type { Reasoning } from '../model/request.ts'

const MODES = { enabled: 'enabled', adaptive: 'adaptive', disabled: 'disabled' } as const

/** `thinking` and `output_config.effort`; a kind of thinking we do not know rides along. */
export function readReasoning(thinking: unknown, effort: unknown): Reasoning | undefined {
  const word = typeof effort === 'string' ? effort : undefined
  if (!isRecord(thinking)) return word === undefined ? undefined : { effort: word }
  const { type, budget_tokens, ...rest } = thinking
  const mode = type === 'enabled' || type === 'adaptive' || type === 'disabled' ? MODES[type] : undefined
  return {
    mode,
    budgetTokens: typeof budget_tokens === 'number' ? budget_tokens : undefined,
    effort: word,
    extras: extrasOf('anthropic', mode === undefined && type !== undefined ? { type, ...rest } : rest),
  }
}
