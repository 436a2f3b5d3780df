import type { JsonRecord } from '../json/json-record.ts'
import type { Extras } from '../model/request.ts'

/** What only Gemini understands, or undefined when there is nothing. Inner objects that are empty are left out. */
export function geminiExtras(
  fields: JsonRecord,
  inner: Readonly<Record<string, JsonRecord>> = {},
  spelling: readonly string[] = [],
): Extras | undefined {
  const filled = Object.entries(inner).filter(([, rest]) => Object.keys(rest).length > 0)
  const all = { ...fields, ...Object.fromEntries(filled) }
  if (Object.keys(all).length === 0) return undefined
  return {
    format: 'gemini',
    fields: all,
    ...(filled.length > 0 ? { partial: filled.map(([key]) => key) } : {}),
    ...(spelling.length > 0 ? { spelling } : {}),
  }
}
