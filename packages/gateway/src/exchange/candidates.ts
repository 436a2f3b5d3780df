import type { AccountBook, AccountUse } from '../accounts/account-book.ts'
import type { ResolvedModel } from '../routing/resolve-model.ts'

/** One upstream model with one account, and how it fared in this exchange. */
export interface Candidate extends AccountUse {
  calls: number
  /** Not to be called again in this exchange. */
  isOut: boolean
}

/**
 * Every upstream of the pool with each of its accounts, in the order to try them. Accounts that lately were refused or
 * limited come last, whatever their place in the pool.
 */
export function listCandidates(
  book: AccountBook,
  targets: readonly ResolvedModel[],
  conversation: string | null,
): readonly Candidate[] {
  const all = targets.flatMap(({ provider, model }) =>
    book
      .order(provider, conversation)
      .map((account): Candidate => ({ provider, account, model, calls: 0, isOut: false })),
  )
  if (all.length < 2) return all
  const now = Date.now()
  const avoided = all.filter((candidate) => book.stateOf(candidate, now) === 'avoided')
  return avoided.length === 0 ? all : [...all.filter((candidate) => !avoided.includes(candidate)), ...avoided]
}

/** Whether two candidates would send the same key to the same upstream. */
export function sameCredential(one: AccountUse, other: AccountUse): boolean {
  return one.provider === other.provider && one.account.label === other.account.label
}
