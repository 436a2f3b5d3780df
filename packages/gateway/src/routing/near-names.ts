const MOST_SHOWN = 3

/** Up to three of `names` that look like `wanted`, best first: those that contain it (or its last part), then near spellings. */
export function nearNames(wanted: string, names: readonly string[]): readonly string[] {
  const needle = lastPart(wanted.toLowerCase()).slice(0, 100)
  const worst = Math.max(2, Math.floor(needle.length / 4))
  return names
    .map((name) => ({ name, distance: score(needle, lastPart(name.toLowerCase())) }))
    .filter(({ distance }) => distance <= worst)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, MOST_SHOWN)
    .map(({ name }) => name)
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

function score(needle: string, name: string): number {
  if (needle.length >= 3 && name.includes(needle)) return 0
  return editDistance(needle, name.slice(0, 100))
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
