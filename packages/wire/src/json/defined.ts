type Fields = Readonly<Record<string, unknown>>

/** The fields without the undefined ones, for documents that are about to become JSON; as they are when none is. */
export function defined(fields: Fields): Record<string, unknown> {
  for (const key in fields) if (fields[key] === undefined) return withoutUndefined(fields)
  return fields
}

/** Written out: this runs for every block of every request, and an object built from entries is slow to stringify. */
function withoutUndefined(fields: Fields): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const key in fields) if (fields[key] !== undefined) result[key] = fields[key]
  return result
}
