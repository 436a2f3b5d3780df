import type { Secret } from '@agentproxy/plugin'
import { revealSecret } from '../secrets/secret-handle.ts'
import { httpFailed } from './http-failed.ts'

// Fetch, 4.4: these do not follow a redirect to another origin, whoever wrote them.
const OF_THE_ORIGIN: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])
// RFC 9110, 5.5, without the obsolete bytes.
const SENDABLE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

export interface HeaderUse {
  readonly plugin: string
  readonly target: URL
  /** false once a redirect has led to another origin. */
  readonly isTrusted: boolean
}

/** Headers as text, secrets revealed where they may go. Throws HTTP_FAILED for a value fetch would refuse, and quote. */
export async function revealHeaders(
  { plugin, target, isTrusted }: HeaderUse,
  headers: Readonly<Record<string, string | Secret>>,
): Promise<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!isTrusted && (typeof value !== 'string' || OF_THE_ORIGIN.has(name.toLowerCase()))) continue
    const text = typeof value === 'string' ? value : await revealSecret(value, target.origin)
    if (!SENDABLE.test(text))
      throw httpFailed(
        plugin,
        target,
        `the header ${name} holds a line end or another character no header may hold`,
      )
    texts[name] = text
  }
  return texts
}
