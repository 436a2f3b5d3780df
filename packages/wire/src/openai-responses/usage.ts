import { isRecord } from '../json/json-record.ts'
import type { ModelUsage } from '../model/event.ts'
import { tokenCount } from '../model/usage.ts'

/** Usage of a Responses answer: `input_tokens` holds the cached tokens, `output_tokens` those of reasoning. */
export function readResponsesUsage(usage: unknown): ModelUsage | null {
  if (!isRecord(usage)) return null
  const input = isRecord(usage['input_tokens_details']) ? usage['input_tokens_details'] : {}
  const output = isRecord(usage['output_tokens_details']) ? usage['output_tokens_details'] : {}
  const inputTokens = tokenCount(usage['input_tokens'])
  const outputTokens = tokenCount(usage['output_tokens'])
  if (inputTokens === null && outputTokens === null) return null
  return {
    inputTokens,
    outputTokens,
    cacheReadTokens: tokenCount(input['cached_tokens']),
    cacheWriteTokens: tokenCount(input['cache_write_tokens']),
    reasoningTokens: tokenCount(output['reasoning_tokens']),
  }
}

/** Counts that are unknown but required by the format are 0; an answer that counted nothing says null. */
export function writeResponsesUsage(usage: ModelUsage | null): Record<string, unknown> | null {
  if (usage === null) return null
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage
  return {
    input_tokens: inputTokens ?? 0,
    input_tokens_details: {
      cached_tokens: cacheReadTokens ?? 0,
      ...(cacheWriteTokens === null ? {} : { cache_write_tokens: cacheWriteTokens }),
    },
    output_tokens: outputTokens ?? 0,
    output_tokens_details: { reasoning_tokens: reasoningTokens ?? 0 },
    total_tokens: (inputTokens ?? 0) + (outputTokens ?? 0),
  }
}
