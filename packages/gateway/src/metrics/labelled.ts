import type { Labels, Sample } from './metric-text.ts'

/** A counter with one value for each set of labels. */
export class Counter {
  readonly #values = new Map<string, { readonly labels: Labels; value: number }>()

  add(labels: Labels, value = 1): void {
    const key = keyOf(labels)
    const known = this.#values.get(key)
    if (known === undefined) this.#values.set(key, { labels, value })
    else known.value += value
  }

  samples(): Sample[] {
    return [...this.#values.values()].map(({ labels, value }) => ({ labels, value }))
  }
}

interface Buckets {
  readonly labels: Labels
  readonly counts: number[]
  sum: number
  count: number
}

/** A histogram with the same limits for each set of labels. */
export class Histogram {
  readonly #limits: readonly number[]
  readonly #values = new Map<string, Buckets>()

  constructor(limits: readonly number[]) {
    this.#limits = limits
  }

  observe(labels: Labels, value: number): void {
    const key = keyOf(labels)
    const known = this.#values.get(key)
    const buckets = known ?? { labels, counts: this.#limits.map(() => 0), sum: 0, count: 0 }
    if (known === undefined) this.#values.set(key, buckets)
    buckets.sum += value
    buckets.count += 1
    const place = this.#limits.findIndex((limit) => value <= limit)
    if (place >= 0) buckets.counts[place] = (buckets.counts[place] ?? 0) + 1
  }

  samples(): Sample[] {
    return [...this.#values.values()].flatMap(({ labels, counts, sum, count }) => {
      let below = 0
      const buckets = this.#limits.map((limit, index) => {
        below += counts[index] ?? 0
        return { suffix: '_bucket', labels: { ...labels, le: String(limit) }, value: below }
      })
      return [
        ...buckets,
        { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
        { suffix: '_sum', labels, value: sum },
        { suffix: '_count', labels, value: count },
      ]
    })
  }
}

/** The same labels always come in the same order. A length before each value keeps any two sets apart. */
function keyOf(labels: Labels): string {
  let key = ''
  for (const name in labels) {
    const value = labels[name] ?? ''
    key += `${value.length}:${value}`
  }
  return key
}
