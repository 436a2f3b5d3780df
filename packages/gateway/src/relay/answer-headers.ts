import type { IncomingHttpHeaders } from 'node:http'
import type { WireFormat } from '@agentproxy/plugin'

/** Status line and headers of an upstream's answer. */
export interface UpstreamHead {
  readonly status: number
  readonly headers: IncomingHttpHeaders
}

const PASSED =
  /^(?:retry-after(?:-ms)?|x-should-retry|(?:x-)?request-id|(?:anthropic|openai|x-ratelimit)-[a-z0-9-]+)$/

/** What Node refuses to send in a header's value. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/

/**
 * The headers a client gets of an upstream's answer: an allow-list, so cookies and hop-by-hop headers stay out. With
 * another format than the upstream's, the body's type is JSON and the request id goes under the client vendor's name.
 */
export function answerHeaders(
  { headers }: UpstreamHead,
  { as }: { as: WireFormat | 'same-format' },
): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string' && PASSED.test(name) && !UNSENDABLE.test(value)) passed[name] = value
  }
  if (as === 'same-format') {
    const type = headers['content-type']
    if (type !== undefined && !UNSENDABLE.test(type)) passed['content-type'] = type
    return passed
  }
  passed['content-type'] = 'application/json'
  const requestId = passed['request-id'] ?? passed['x-request-id']
  if (requestId !== undefined) passed[as === 'anthropic' ? 'request-id' : 'x-request-id'] = requestId
  return passed
}

/** The headers with one string each. */
export function flatHeaders({ headers }: UpstreamHead): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return flat
}
