import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'

export type Written = Record<string, unknown>

/** Puts riding fields back, also into the object within the part that says what it is. */
export function withRiding(part: Written, key: string, riding: JsonRecord | undefined): Written {
  const own = part[key]
  const inner = riding?.[key]
  return { ...part, ...riding, ...(isRecord(own) && isRecord(inner) ? { [key]: { ...own, ...inner } } : {}) }
}
