import { InvalidArgumentError } from 'commander'
import type { KeyLimits } from '@agentproxy/store'
import { dollars, tokenCount } from './options.ts'

/** What people call a key: it is shown in lists, and never secret. */
export function keyName(text: string): string {
  if (/^[A-Za-z0-9][\w.@-]{0,63}$/.test(text)) return text
  throw new InvalidArgumentError('Expected letters, digits, dots, dashes and underscores, at most 64.')
}

/** Patterns of models, separated by commas. */
export function modelPatterns(text: string): readonly string[] {
  const patterns = text.split(',').map((pattern) => pattern.trim())
  if (patterns.every((pattern) => pattern !== '')) return patterns
  throw new InvalidArgumentError('Expected names or patterns of models, as in anthropic/*,fast.')
}

/** `5/day`, `20/month`, `100/total`. */
export function moneyBudget(text: string): NonNullable<KeyLimits['budgetUsd']> {
  const [, amount = '', per] = /^([\d.]+)\/(day|month|total)$/.exec(text) ?? []
  if (per !== 'day' && per !== 'month' && per !== 'total')
    throw new InvalidArgumentError(
      'Expected US dollars and for how long, as in 5/day, 20/month or 100/total.',
    )
  return { amount: dollars(amount), per }
}

/** `200000/day`. */
export function tokensPerDay(text: string): number {
  if (!text.endsWith('/day')) throw new InvalidArgumentError('Expected tokens by the day, as in 200000/day.')
  return tokenCount(text.slice(0, -'/day'.length))
}

const DAY_MS = 86_400_000

/** Milliseconds of `30d` or `12h`. */
export function lifetime(text: string): number {
  const [, count, unit] = /^(\d{1,5})([dh])$/.exec(text) ?? []
  const spanMs = Number(count) * (unit === 'h' ? DAY_MS / 24 : DAY_MS)
  if (spanMs > 0) return spanMs
  throw new InvalidArgumentError('Expected days or hours, as in 30d or 12h.')
}
