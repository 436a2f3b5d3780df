import type { CredentialRule, ProviderDefinition } from '@agentproxy/plugin'
import type { Credential } from './read-credential.ts'

/** A provider's account with its defaults filled in. */
export interface Account {
  readonly label: string
  /** null = the upstream needs no key. */
  readonly credential: CredentialRule | null
  /** The client's own credential, which is sent instead of a key of ours; null = none. */
  readonly own: Credential | null
  readonly weight: number
  readonly priority: number
}

const known = new WeakMap<ProviderDefinition, readonly Account[]>()

/** The accounts of a provider; one called `default` where it names none. */
export function accountsOf(provider: ProviderDefinition): readonly Account[] {
  const before = known.get(provider)
  if (before !== undefined) return before
  const { accounts = [], credential } = provider
  const list =
    accounts.length === 0
      ? [{ label: 'default', credential, own: null, weight: 1, priority: 0 }]
      : accounts.map((account) => ({ weight: 1, priority: 0, own: null, ...account }))
  known.set(provider, list)
  return list
}
