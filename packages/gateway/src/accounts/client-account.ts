import { createHash } from 'node:crypto'
import type { ProviderDefinition } from '@agentproxy/plugin'
import type { ClientCredentials } from '../access/token-book.ts'
import type { Account } from './accounts-of.ts'

/** How much of its hash tells one credential from another. */
const LABEL_DIGITS = 12

/**
 * The client's own credential as an account, which is then the only one its provider is asked with; null where the provider
 * does not take such, or the client sent none that it takes.
 */
export function clientAccount(
  { clientCredentials: headers = [] }: ProviderDefinition,
  sent: ClientCredentials | null,
): Account | null {
  if (sent === null) return null
  for (const header of headers) {
    const value = sent[header]
    if (value === undefined) continue
    const hash = createHash('sha256').update(value).digest('hex').slice(0, LABEL_DIGITS)
    const own = { header, value, secret: value.replace(/^bearer +/i, '') }
    return { label: `client-${hash}`, credential: null, own, weight: 1, priority: 0 }
  }
  return null
}
