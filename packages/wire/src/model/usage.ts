import type { ModelUsage } from './event.ts'

/** Later counts replace earlier ones; what the later does not say stays. */
export function mergeUsage(earlier: ModelUsage | null, later: ModelUsage): ModelUsage {
  if (earlier === null) return later
  return {
    inputTokens: later.inputTokens ?? earlier.inputTokens,
    outputTokens: later.outputTokens ?? earlier.outputTokens,
    cacheReadTokens: later.cacheReadTokens ?? earlier.cacheReadTokens,
    cacheWriteTokens: later.cacheWriteTokens ?? earlier.cacheWriteTokens,
    reasoningTokens: later.reasoningTokens ?? earlier.reasoningTokens,
  }
}

/** What two calls used together; what neither says stays unknown. */
export function addUsage(one: ModelUsage | null, other: ModelUsage): ModelUsage {
  if (one === null) return other
  return {
    inputTokens: sumCounts(one.inputTokens, other.inputTokens),
    outputTokens: sumCounts(one.outputTokens, other.outputTokens),
    cacheReadTokens: sumCounts(one.cacheReadTokens, other.cacheReadTokens),
    cacheWriteTokens: sumCounts(one.cacheWriteTokens, other.cacheWriteTokens),
    reasoningTokens: sumCounts(one.reasoningTokens, other.reasoningTokens),
  }
}

export function sameUsage(a: ModelUsage | null, b: ModelUsage | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.inputTokens === b.inputTokens &&
    a.outputTokens === b.outputTokens &&
    a.cacheReadTokens === b.cacheReadTokens &&
    a.cacheWriteTokens === b.cacheWriteTokens &&
    a.reasoningTokens === b.reasoningTokens
  )
}

/** A count of tokens as JSON gives it; null for anything that is none. */
export function tokenCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null
}

/** null + null = null, otherwise null counts as 0. */
export function sumCounts(...counts: readonly (number | null)[]): number | null {
  return counts.every((count) => count === null)
    ? null
    : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
}
