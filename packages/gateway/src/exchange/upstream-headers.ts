import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { ProviderDefinition, WireFormat } from '@agentproxy/plugin'
import { failure, RequestRefused } from './failure.ts'

const FORWARDED = /^(?:user-agent|accept|x-stainless-[a-z0-9-]+)$/
/** Vendors' own headers: they mean something only to the vendor whose format they came with. */
const FORWARDED_SAME_FORMAT = /^(?:anthropic-(?:beta|version)|openai-[a-z0-9-]+|x-claude-code-[a-z0-9-]+)$/
/** Belong to one connection or to the gateway itself; nobody may set them from outside. */
const RESERVED =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|content-length|content-type|content-encoding|accept-encoding|expect|cookie)$/

/** A client's headers that go on, by allow-list, over the ones its provider adds to every request. No credential is among them. */
export function upstreamHeaders(
  client: IncomingHttpHeaders,
  provider: ProviderDefinition,
  formats: { readonly client: WireFormat; readonly upstream: WireFormat },
): Record<string, string> {
  const sameFormat = formats.client === formats.upstream
  const headers: Record<string, string> = { ...provider.headers }
  for (const [name, value] of Object.entries(client)) {
    if (typeof value !== 'string') continue
    if (FORWARDED.test(name) || (sameFormat && FORWARDED_SAME_FORMAT.test(name))) headers[name] = value
  }
  return headers
}

/**
 * The headers as they are sent: checked, the body's framing ours, the credential last so that nothing replaces it.
 * Throws `RequestRefused` (500) for a name or value that HTTP does not allow, such as one with a line break.
 */
export function sealHeaders(
  headers: Readonly<Record<string, string>>,
  credential: { readonly header: string; readonly value: string } | null,
): Record<string, string> {
  const sealed: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    checkHeader(name, value)
    const lower = name.toLowerCase()
    if (!RESERVED.test(lower)) sealed[lower] = value
  }
  sealed['content-type'] = 'application/json'
  // The usage tap reads the answer as it passes.
  sealed['accept-encoding'] = 'identity'
  if (credential !== null) {
    checkHeader(credential.header, credential.value)
    sealed[credential.header.toLowerCase()] = credential.value
  }
  return sealed
}

function checkHeader(name: string, value: string): void {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch (error) {
    const message = `The header "${name.replaceAll(/[^\x21-\x7e]/g, '?')}" for the upstream has characters that HTTP does not allow.`
    throw new RequestRefused('bad_header', failure('internal', message), error)
  }
}
