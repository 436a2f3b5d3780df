import { isRecord } from '../json/json-record.ts'
import type { ModelUsage } from '../model/event.ts'
import { tokenCount } from '../model/usage.ts'

/**
 * Usage of a chat answer. `prompt_tokens` holds the cached tokens too. Servers that leave thinking out of
 * `completion_tokens` (Gemini, xAI) still count it in `total_tokens`, so the larger of the two readings is taken.
 */
export function readOpenaiUsage(usage: unknown): ModelUsage | null {
  if (!isRecord(usage)) return null
  const inputTokens = tokenCount(usage['prompt_tokens'])
  const completion = tokenCount(usage['completion_tokens'])
  const total = tokenCount(usage['total_tokens'])
  const prompt = isRecord(usage['prompt_tokens_details']) ? usage['prompt_tokens_details'] : {}
  const details = isRecord(usage['completion_tokens_details']) ? usage['completion_tokens_details'] : {}
  if (inputTokens === null && completion === null) return null
  const counted = total !== null && inputTokens !== null ? total - inputTokens : 0
  return {
    inputTokens,
    outputTokens: completion === null && counted <= 0 ? null : Math.max(completion ?? 0, counted),
    // DeepSeek counts its cache beside the details.
    cacheReadTokens: tokenCount(prompt['cached_tokens']) ?? tokenCount(usage['prompt_cache_hit_tokens']),
    cacheWriteTokens: tokenCount(prompt['cache_write_tokens']),
    reasoningTokens: tokenCount(details['reasoning_tokens']),
  }
}

export function writeOpenaiUsage(usage: ModelUsage): Record<string, unknown> {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage
  const prompt = {
    ...(cacheReadTokens === null ? {} : { cached_tokens: cacheReadTokens }),
    ...(cacheWriteTokens === null ? {} : { cache_write_tokens: cacheWriteTokens }),
  }
  return {
    prompt_tokens: inputTokens ?? 0,
    completion_tokens: outputTokens ?? 0,
    total_tokens: (inputTokens ?? 0) + (outputTokens ?? 0),
    ...(Object.keys(prompt).length > 0 ? { prompt_tokens_details: prompt } : {}),
    ...(reasoningTokens === null ? {} : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  }
}
