import type { Amount } from './budget.ts'

/** What is put aside for calls under way, by whose budget it is. */
export class Holds {
  readonly #open = new Map<string, Set<Amount>>()

  /** The returned undo may be called twice. */
  add(owner: string, amount: Amount): () => void {
    const all = this.#open.get(owner) ?? new Set()
    // A copy, for two holds may be of one amount.
    const own = { ...amount }
    this.#open.set(owner, all.add(own))
    return () => {
      all.delete(own)
      if (all.size === 0 && this.#open.get(owner) === all) this.#open.delete(owner)
    }
  }

  total(owner: string): Amount {
    let [costUsd, tokens] = [0, 0]
    for (const amount of this.#open.get(owner) ?? []) {
      costUsd += amount.costUsd
      tokens += amount.tokens
    }
    return { costUsd, tokens }
  }
}
