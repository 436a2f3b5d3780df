import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelUsage } from '../model/event.ts'
import { sumCounts, tokenCount } from '../model/usage.ts'

/**
 * Usage of a Messages answer. `input_tokens` leaves out what the cache gave or took, so the three are added up.
 * null when nothing was counted: servers that do not know yet send zeros.
 */
export function readAnthropicUsage(usage: unknown): ModelUsage | null {
  if (!isRecord(usage)) return null
  const input = tokenCount(usage['input_tokens'])
  const cacheRead = tokenCount(usage['cache_read_input_tokens'])
  const cacheWrite = tokenCount(usage['cache_creation_input_tokens'])
  const output = tokenCount(usage['output_tokens'])
  const details = usage['output_tokens_details']
  const inputTokens = sumCounts(input, cacheRead, cacheWrite)
  if (!inputTokens && !output) return null
  return {
    inputTokens,
    outputTokens: output,
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    reasoningTokens: isRecord(details) ? tokenCount(details['thinking_tokens']) : null,
  }
}

/** Merges raw usage objects as the official SDK does: later counts replace earlier ones unless null or absent. */
export function mergeRawUsage(earlier: JsonRecord, later: unknown): JsonRecord {
  if (!isRecord(later)) return earlier
  const merged: Record<string, unknown> = { ...earlier }
  for (const [key, value] of Object.entries(later)) if (value !== null) merged[key] = value
  return merged
}

/** The usage object of an answer. Counts that are unknown but required by the format are 0. */
export function writeAnthropicUsage(usage: ModelUsage | null): Record<string, unknown> {
  if (usage === null) return { input_tokens: 0, output_tokens: 0 }
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens } = usage
  const fresh = (inputTokens ?? 0) - (cacheReadTokens ?? 0) - (cacheWriteTokens ?? 0)
  return {
    input_tokens: Math.max(0, fresh),
    ...(cacheWriteTokens === null ? {} : { cache_creation_input_tokens: cacheWriteTokens }),
    ...(cacheReadTokens === null ? {} : { cache_read_input_tokens: cacheReadTokens }),
    output_tokens: outputTokens ?? 0,
    ...(reasoningTokens === null ? {} : { output_tokens_details: { thinking_tokens: reasoningTokens } }),
  }
}
