import type { Price } from './cost-of.ts'

/** What a call may use at most, as far as can be told before it. */
export interface Estimate {
  readonly tokens: number
  /** null = no price is known. */
  readonly costUsd: number | null
}

/** English is near 4 bytes a token, code nearer 3; markup that no model sees makes up for what is denser. */
const BYTES_PER_TOKEN = 3
/** Put aside for answers whose request sets no limit. */
const DEFAULT_OUTPUT_TOKENS = 4096

/** An estimate from the size of the request and the longest answer it allows. Pure. */
export function estimateCall(body: Buffer, price: Price | null): Estimate {
  const input = Math.ceil(body.length / BYTES_PER_TOKEN)
  const output = longestAnswer(body)
  return { tokens: input + output, costUsd: price === null ? null : worstCost(price, input, output) }
}

function worstCost(price: Price, input: number, output: number): number | null {
  const fits = price.find(({ upToInputTokens }) => upToInputTokens === null || input <= upToInputTokens)
  const tier = fits ?? price.at(-1)
  if (tier === undefined) return null
  return (input * Math.max(tier.input, tier.cacheWrite ?? 0) + output * tier.output) / 1_000_000
}

/** Each format's own name for it: Anthropic and OpenAI Chat, Chat again, Responses. */
const LIMITS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const

function longestAnswer(body: Buffer): number {
  const document = parse(body)
  const config = document['generationConfig'] ?? document['generation_config']
  const gemini = isObject(config) ? (config['maxOutputTokens'] ?? config['max_output_tokens']) : undefined
  const found = [...LIMITS.map((name) => document[name]), gemini].find(isCount)
  return found ?? DEFAULT_OUTPUT_TOKENS
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString())
    return isObject(value) ? value : {}
  } catch {
    // The upstream says what is wrong with it.
    return {}
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
