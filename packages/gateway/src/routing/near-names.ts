import { editDistance } from '@agentproxy/kernel'

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
