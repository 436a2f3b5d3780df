/** What an upstream said of one of its limits. */
export interface Quota {
  /** Such as `requests`, `tokens`, `input-tokens`. */
  readonly of: string
  readonly limit: number | null
  readonly remaining: number | null
  /** When it is whole again, in milliseconds since 1970. */
  readonly resetAt: number | null
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>
type Field = 'limit' | 'remaining' | 'reset'

/** docs.anthropic.com, Rate limits: `anthropic-ratelimit-tokens-remaining`. */
const ANTHROPIC = /^anthropic-ratelimit-([a-z0-9-]+)-(limit|remaining|reset)$/
/** platform.openai.com, Rate limits: `x-ratelimit-remaining-tokens`. */
const OPENAI = /^x-ratelimit-(limit|remaining|reset)-([a-z0-9-]+)$/
/** Go's notation of durations, such as `6m0s` and `20ms`. */
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The limits an answer's headers tell of, in the order they came; empty if none. */
export function readQuotas(headers: Headers, now: number): readonly Quota[] {
  const found = new Map<string, Partial<Record<Field, string>>>()
  for (const name in headers) {
    if (!name.startsWith('anthropic-ratelimit-') && !name.startsWith('x-ratelimit-')) continue
    const value = headers[name]
    const place = typeof value === 'string' ? placeOf(name) : null
    if (place === null || typeof value !== 'string') continue
    const fields = found.get(place.of) ?? {}
    fields[place.field] = value
    found.set(place.of, fields)
  }
  if (found.size === 0) return []
  return [...found].map(([of, { limit, remaining, reset }]) => ({
    of,
    limit: count(limit),
    remaining: count(remaining),
    resetAt: time(reset, now),
  }))
}

/** When the limits that are used up are whole again, the latest of them; null if none is used up or none says. */
export function exhaustedUntil(quotas: readonly Quota[]): number | null {
  const resets = quotas.flatMap(({ remaining, resetAt }) =>
    remaining === 0 && resetAt !== null ? [resetAt] : [],
  )
  return resets.length === 0 ? null : Math.max(...resets)
}

function placeOf(name: string): { readonly of: string; readonly field: Field } | null {
  const anthropic = ANTHROPIC.exec(name)
  if (anthropic?.[1] !== undefined) return { of: anthropic[1], field: anthropic[2] as Field }
  const openai = OPENAI.exec(name)
  return openai?.[2] === undefined ? null : { of: openai[2], field: openai[1] as Field }
}

function count(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}

/** A date (Anthropic), seconds since 1970 (Anthropic's unified limits), or a duration from now (OpenAI). */
function time(text: string | undefined, now: number): number | null {
  if (text === undefined || text.length > 64) return null
  if (/^\d{9,11}$/.test(text)) return Number(text) * 1_000
  if (/^\d+(?:\.\d+)?$/.test(text)) return now + Number(text) * 1_000
  if (DURATION.test(text)) {
    const parts = [...text.matchAll(DURATION_PART)]
    return now + parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0), 0)
  }
  const date = Date.parse(text)
  return Number.isNaN(date) ? null : date
}
