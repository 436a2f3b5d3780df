const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a duration such as `500ms`, `90s`, `30m`, `1.5h` or `1h30m`; null if it is none, or zero. */
export function parseDuration(text: string): number | null {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return null
  let totalMs = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    totalMs += Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN)
  }
  return totalMs > 0 && totalMs <= 2_147_483_647 ? Math.round(totalMs) : null
}

/** A duration for people: `0.4s`, `12s`, `3m 05s`, `30m`, `1h 02m`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 9950) return `${(durationMs / 1000).toFixed(1)}s`
  const seconds = Math.round(durationMs / 1000)
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return withRest(`${minutes}m`, seconds % 60, 's')
  return withRest(`${Math.floor(minutes / 60)}h`, minutes % 60, 'm')
}

function withRest(whole: string, rest: number, unit: string): string {
  return rest === 0 ? whole : `${whole} ${String(rest).padStart(2, '0')}${unit}`
}
