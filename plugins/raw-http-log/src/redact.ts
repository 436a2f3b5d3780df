const HIDDEN = '[redacted]'
const SECRET_HEADER = /authorization|cookie|token|secret|password|api[-_]?key|goog-api/i
const SECRET_VARIABLE = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i
/** Shorter values are words that stand in bodies by chance. */
const SHORTEST_SECRET = 8

const NAMES =
  '(?:x-)?(?:goog-)?api[-_]?key|apikey|access[-_]token|refresh[-_]token|id[-_]token|auth[-_]token|client[-_]secret|secret|password|private[-_]key|authorization|cookie|set-cookie'
/** `"name": "value"`, also within a JSON text that is itself a JSON string. */
const MEMBER = new RegExp(String.raw`((\\*")(?:${NAMES})\2\s*:\s*\2)(.*?)(?=\2|$)`, 'gi')
const PARAMETER = new RegExp(String.raw`([?&;](?:key|token|sig|code|${NAMES})=)[^&\s"'#\\]+`, 'gi')
/** What keys and tokens of well-known makers look like, wherever they stand. */
const SHAPES: readonly RegExp[] = [
  /\b(?:sk|pk|rk)-[A-Za-z0-9_-]{8,}/g,
  /\bap-(?:task|key)-[A-Za-z0-9_-]{8,}/g,
  /\bAIza[A-Za-z0-9_-]{16,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{16,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{16,}/g,
  /\bglpat-[A-Za-z0-9_-]{16,}/g,
  /\bxox[abprs]-[A-Za-z0-9-]{8,}/g,
  /\bAKIA[A-Z0-9]{16}\b/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
]
const BEARER = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi

export interface Redactor {
  text(this: void, text: string): string
  headers(
    this: void,
    headers: Iterable<readonly [string, string]>,
  ): readonly (readonly [name: string, value: string])[]
}

/** Takes out what is known to be secret (values of the environment), what is named so, and what looks so. */
export function createRedactor(env: Readonly<Record<string, string | undefined>>): Redactor {
  const known = Object.entries(env).flatMap(([name, value]) =>
    SECRET_VARIABLE.test(name) && value !== undefined && value.length >= SHORTEST_SECRET
      ? spellingsOf(value)
      : [],
  )
  const text = (given: string): string => {
    let clean = given
    for (const value of known) clean = clean.replaceAll(value, HIDDEN)
    clean = clean.replace(BEARER, `$1 ${HIDDEN}`)
    for (const shape of SHAPES) clean = clean.replace(shape, HIDDEN)
    return clean.replace(MEMBER, `$1${HIDDEN}`).replace(PARAMETER, `$1${HIDDEN}`)
  }
  return {
    text,
    headers: (headers) =>
      [...headers].map(([name, value]) => [name, SECRET_HEADER.test(name) ? HIDDEN : text(value)] as const),
  }
}

function spellingsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value)
  const all = [value, encodeURIComponent(value), bytes.toString('base64'), bytes.toString('base64url')]
  return [...new Set([...all, bytes.toString('hex'), JSON.stringify(value).slice(1, -1)])]
}
