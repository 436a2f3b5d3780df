import type { ModelUsage } from '@agentproxy/plugin'

/** US dollars per million tokens. null = not known, which is not zero. */
interface PriceTier {
  /** Prompts of at most so many tokens, cached ones counted; null = of any length. */
  readonly upToInputTokens: number | null
  readonly input: number
  readonly output: number
  readonly cachedInput: number | null
  readonly cacheWrite: number | null
}

/** Tiers of rising length. A prompt longer than the last tier has no known price. */
export type Price = readonly PriceTier[]

const MILLION = 1_000_000

/**
 * What one answer costs in US dollars; null where a price or a count it needs is not known. Of `inputTokens` the cached
 * and the newly cached have rates of their own; reasoning is part of `outputTokens` and is not counted again.
 */
export function costOf(price: Price, usage: ModelUsage): number | null {
  const { inputTokens, outputTokens } = usage
  if (inputTokens === null || outputTokens === null) return null
  const tier = price.find(({ upToInputTokens }) => upToInputTokens === null || inputTokens <= upToInputTokens)
  if (tier === undefined) return null
  const read = amount(usage.cacheReadTokens, tier.cachedInput)
  const written = amount(usage.cacheWriteTokens, tier.cacheWrite)
  if (read === null || written === null) return null
  const fresh = inputTokens - (usage.cacheReadTokens ?? 0) - (usage.cacheWriteTokens ?? 0)
  return (Math.max(0, fresh) * tier.input + read + written + outputTokens * tier.output) / MILLION
}

/** What upstreams do not count they did not do. */
function amount(tokens: number | null, rate: number | null): number | null {
  if (tokens === null || tokens === 0) return 0
  return rate === null ? null : tokens * rate
}
