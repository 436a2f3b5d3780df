import { createHash } from 'node:crypto'

/** What of a request is compared. */
export interface Asked {
  readonly method: string
  readonly path: string
  /** Parsed JSON, or text. */
  readonly body: unknown
}

/** Fields that say who asks, not what. */
const WHO_ASKS: ReadonlySet<string> = new Set(['metadata', 'user', 'safety_identifier', 'prompt_cache_key'])

/** What changes each time: ids, dates, durations, names of temporary folders. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b(toolu|call|msg|chatcmpl|resp|req|rs|fc|ex|srvtoolu|item)[_-][A-Za-z0-9_-]{6,}/g, '$1_<id>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/g, '<date>'],
  [/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [A-Z][a-z]{2,8} \d{1,2},? \d{4}\b/g, '<date>'],
  [/\b1[5-9]\d{8}(?:\d{3})?\b/g, '<time>'],
  [/(\/tmp\/[\w./-]{0,60}?-)[A-Za-z0-9]{6}\b/g, '$1<id>'],
  [/\b\d+(?:\.\d+)?(?= ?ms\b)/g, '<n>'],
  [/(duration_ms:? )\d+(?:\.\d+)?/g, '$1<n>'],
]

/** A name that two requests share if they ask the same. */
export function matchKey(asked: Asked): string {
  const { method, path } = asked
  return createHash('sha256')
    .update(JSON.stringify([method, stable(path), normalise(asked.body)]))
    .digest('hex')
    .slice(0, 32)
}

/** The part of a path that says what is asked, from the API's version on: what stands before it differs by server, and may be secret. */
export function apiPath(path: string): string {
  const plain = path.split('?', 1)[0] ?? path
  return plain.replace(/^.*?(?=\/v\d[^/]*\/)/, '')
}

/** The body with sorted names and without what changes each time. */
export function normalise(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return normaliseValue(body)
  const kept = Object.entries(body).filter(([name]) => !WHO_ASKS.has(name))
  return normaliseValue(Object.fromEntries(kept))
}

function normaliseValue(value: unknown): unknown {
  if (typeof value === 'string') return stable(value)
  if (Array.isArray(value)) return value.map(normaliseValue)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, normaliseValue(member)]))
}

function stable(text: string): string {
  return VOLATILE.reduce((rest, [shape, name]) => rest.replace(shape, name), text)
}

/** Where two normalised values first differ, as a path such as `messages.2.content`; null = nowhere. */
export function firstDifference(a: unknown, b: unknown, at = ''): string | null {
  if (a === b) return null
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return at || '(all of it)'
  const left = a as Readonly<Record<string, unknown>>
  const right = b as Readonly<Record<string, unknown>>
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = firstDifference(left[name], right[name], at === '' ? name : `${at}.${name}`)
    if (found !== null) return found
  }
  return null
}

/** A request's body as it is kept and compared. */
export function readBody(bytes: Buffer): unknown {
  const text = bytes.toString()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
