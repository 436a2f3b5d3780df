import type { KeyRecord } from '@agentproxy/store'
import { stripEscapes } from '../../display/strip-escapes.ts'

const NUMBER = new Intl.NumberFormat('en-US')

/** One line for each key: id, name, state and what it is good for. */
export function keyLines(keys: readonly KeyRecord[], now: number): string {
  const columns = Math.max(0, ...keys.map(({ name }) => name.length))
  return keys
    .map((key) => {
      const facts = [stateOf(key, now), key.models.join(',') || 'all models', ...limitsOf(key)]
      return `${key.id}  ${stripEscapes(key.name.padEnd(columns))}  ${stripEscapes(facts.join('; '))}\n`
    })
    .join('')
}

function stateOf({ revokedAt, expiresAt }: KeyRecord, now: number): string {
  if (revokedAt !== null) return `revoked ${dayOf(revokedAt)}`
  if (expiresAt === null) return 'active'
  return `${expiresAt <= now ? 'expired' : 'active until'} ${dayOf(expiresAt)}`
}

function limitsOf({ limits }: KeyRecord): readonly string[] {
  const { budgetUsd, tokensPerDay, requestsPerMinute, tokensPerMinute } = limits
  return [
    ...(budgetUsd === null ? [] : [`$${budgetUsd.amount}/${budgetUsd.per}`]),
    ...(tokensPerDay === null ? [] : [`${NUMBER.format(tokensPerDay)} tokens/day`]),
    ...(requestsPerMinute === null ? [] : [`${NUMBER.format(requestsPerMinute)} requests/min`]),
    ...(tokensPerMinute === null ? [] : [`${NUMBER.format(tokensPerMinute)} tokens/min`]),
  ]
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ')
}
