/** Edits (insert, delete, replace, swap of neighbours) between two words. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min((row[j - 1] ?? 0) + 1, (last[j] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1)
      }
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}

/** The candidates a mistyped word may have meant, best first, at most three; none if nothing is close. */
export function nearest(word: string, candidates: Iterable<string>): readonly string[] {
  const wanted = word.toLowerCase()
  const scored: { candidate: string; distance: number }[] = []
  for (const candidate of new Set(candidates)) {
    const other = candidate.toLowerCase()
    const distance = editDistance(wanted, other)
    const allowed = Math.max(2, Math.floor(Math.max(wanted.length, other.length) / 3))
    if (distance <= allowed && distance < other.length) scored.push({ candidate, distance })
  }
  scored.sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
  return scored.slice(0, 3).map(({ candidate }) => candidate)
}

/** ` (did you mean a or b?)`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = nearest(word, candidates)
  return found.length === 0 ? '' : ` (did you mean ${found.map((name) => `"${name}"`).join(' or ')}?)`
}
