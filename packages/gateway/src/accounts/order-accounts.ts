import type { AccountStrategy } from '../routing/routing-options.ts'

/** An account as a strategy sees it. */
export interface Rankable {
  readonly label: string
  /** Share of the calls, more than 0. */
  readonly weight: number
  /** Lower ones are used first. */
  readonly priority: number
  /** Calls under way. */
  readonly inFlight: number
}

/** Of each account, how far it is behind its share; an account that is not in it is not behind. */
export type Turns = ReadonlyMap<string, number>

export interface Ordered<T> {
  readonly accounts: readonly T[]
  readonly turns: Turns
}

/**
 * The accounts, best first, and whose turn is next time. Pure. Turns are those of smooth weighted round-robin, as nginx has
 * it: every account gains its weight, the first pays all of them.
 */
export function orderAccounts<T extends Rankable>(
  accounts: readonly T[],
  strategy: AccountStrategy,
  turns: Turns,
): Ordered<T> {
  switch (strategy) {
    case 'fill-first':
      return { accounts: accounts.toSorted(byPriority), turns }
    case 'least-loaded': {
      const load = ({ inFlight, weight }: T): number => inFlight / weight
      return { accounts: accounts.toSorted((a, b) => byPriority(a, b) || load(a) - load(b)), turns }
    }
    case 'round-robin':
      return inTurn(accounts, () => 1, turns)
    case 'weighted':
      return inTurn(accounts, ({ weight }) => weight, turns)
  }
}

function inTurn<T extends Rankable>(
  accounts: readonly T[],
  weightOf: (account: T) => number,
  turns: Turns,
): Ordered<T> {
  const behind = new Map(
    accounts.map((account) => [account, (turns.get(account.label) ?? 0) + weightOf(account)]),
  )
  const sorted = accounts.toSorted((a, b) => byPriority(a, b) || (behind.get(b) ?? 0) - (behind.get(a) ?? 0))
  const [first] = sorted
  if (first === undefined) return { accounts: sorted, turns }
  const peers = accounts.filter(({ priority }) => priority === first.priority)
  const paid = peers.reduce((sum, account) => sum + weightOf(account), 0)
  const next = new Map(turns)
  for (const peer of peers) next.set(peer.label, (behind.get(peer) ?? 0) - (peer === first ? paid : 0))
  return { accounts: sorted, turns: next }
}

function byPriority(a: Rankable, b: Rankable): number {
  return a.priority - b.priority
}
