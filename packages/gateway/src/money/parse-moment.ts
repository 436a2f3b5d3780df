const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `90m`, `12h` or `30d`; null if it is none of these. */
function parseSpan(text: string): number | null {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const spanMs = Number(count) * (UNITS_MS[unit ?? ''] ?? Number.NaN)
  return spanMs > 0 ? spanMs : null
}

/** A moment, milliseconds since 1970: so long before `now` (`90m`, `12h`, `7d`), or a date as ISO 8601 writes it; null if it is neither. */
export function parseMoment(text: string, now: number): number | null {
  const spanMs = parseSpan(text)
  if (spanMs !== null) return now - spanMs
  if (!/^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?$/.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at
}
