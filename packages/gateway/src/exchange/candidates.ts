import type { ClientCredentials } from '../access/token-book.ts'
import type { AccountBook, AccountUse } from '../accounts/account-book.ts'
import { clientAccount } from '../accounts/client-account.ts'
import type { ResolvedModel } from '../routing/resolve-model.ts'

/** One upstream model with one account, and how it fared in this exchange. */
export interface Candidate extends AccountUse {
  calls: number
  /** Not to be called again in this exchange. */
  isOut: boolean
}

/**
 * Every upstream of the pool with each of its accounts, or with the client's own credential, in the order to try them. Accounts that lately were refused or
 * limited come last, whatever their place in the pool.
 */
export function listCandidates(
  book: AccountBook,
  targets: readonly ResolvedModel[],
  client: { readonly conversation: string | null; readonly credentials: ClientCredentials | null },
): readonly Candidate[] {
  const all: Candidate[] = []
  for (const { provider, model } of targets) {
    const own = clientAccount(provider, client.credentials)
    const accounts = own === null ? book.order(provider, client.conversation) : [own]
    for (const account of accounts) all.push({ provider, account, model, calls: 0, isOut: false })
  }
  if (all.length < 2) return all
  const now = Date.now()
  const avoided = all.filter((candidate) => book.stateOf(candidate, now) === 'avoided')
  return avoided.length === 0 ? all : [...all.filter((candidate) => !avoided.includes(candidate)), ...avoided]
}

/** Whether two candidates would send the same key to the same upstream. */
export function sameCredential(one: AccountUse, other: AccountUse): boolean {
  return one.provider === other.provider && one.account.label === other.account.label
}
