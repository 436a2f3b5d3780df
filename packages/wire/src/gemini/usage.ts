import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelUsage } from '../model/event.ts'
import { sumCounts, tokenCount } from '../model/usage.ts'

const READ = new Set([
  'promptTokenCount',
  'cachedContentTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'totalTokenCount',
])

/**
 * Usage of an answer. `promptTokenCount` holds the cached tokens too, but not what the results of Google's own tools cost;
 * `candidatesTokenCount` leaves the thoughts out. https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function readGeminiUsage(usage: unknown): ModelUsage | null {
  if (!isRecord(usage)) return null
  const prompt = tokenCount(usage['promptTokenCount'])
  const thoughts = tokenCount(usage['thoughtsTokenCount'])
  const inputTokens = sumCounts(prompt, tokenCount(usage['toolUsePromptTokenCount']))
  const outputTokens = sumCounts(tokenCount(usage['candidatesTokenCount']), thoughts)
  if (inputTokens === null && outputTokens === null) return null
  return {
    inputTokens,
    outputTokens,
    cacheReadTokens: tokenCount(usage['cachedContentTokenCount']),
    cacheWriteTokens: null,
    reasoningTokens: thoughts,
  }
}

/** The usage of the answer itself; the JSON array of a stream without `alt=sse` says it in its last element. */
export function readAnswerUsage(body: unknown): ModelUsage | null {
  const answers: readonly unknown[] = Array.isArray(body) ? body.toReversed() : [body]
  for (const answer of answers) {
    const usage = isRecord(answer) ? readGeminiUsage(answer['usageMetadata']) : null
    if (usage !== null) return usage
  }
  return null
}

/** Counts that the neutral usage does not carry, such as `promptTokensDetails`. */
export function unreadUsage(usage: unknown): JsonRecord {
  if (!isRecord(usage)) return {}
  return Object.fromEntries(Object.entries(usage).filter(([key]) => !READ.has(key)))
}

/** `riding`: counts that came from Gemini and go back as they were. */
export function writeGeminiUsage(usage: ModelUsage, riding: JsonRecord): Record<string, unknown> {
  const { inputTokens, outputTokens, cacheReadTokens, reasoningTokens } = usage
  const toolUse = tokenCount(riding['toolUsePromptTokenCount']) ?? 0
  const thoughts = reasoningTokens ?? 0
  return {
    ...(inputTokens === null ? {} : { promptTokenCount: Math.max(0, inputTokens - toolUse) }),
    ...(outputTokens === null ? {} : { candidatesTokenCount: Math.max(0, outputTokens - thoughts) }),
    ...(reasoningTokens === null ? {} : { thoughtsTokenCount: reasoningTokens }),
    totalTokenCount: (inputTokens ?? 0) + (outputTokens ?? 0),
    ...(cacheReadTokens === null ? {} : { cachedContentTokenCount: cacheReadTokens }),
    ...riding,
  }
}
