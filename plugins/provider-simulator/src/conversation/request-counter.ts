const KEPT = 10_000

/** Counts requests per conversation; of very many conversations it forgets the one begun first. */
export function createRequestCounter(): (key: string) => number {
  const counts = new Map<string, number>()
  return (key) => {
    const next = (counts.get(key) ?? 0) + 1
    counts.set(key, next)
    const [oldest] = counts.keys()
    if (counts.size > KEPT && oldest !== undefined) counts.delete(oldest)
    return next
  }
}
