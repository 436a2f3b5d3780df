import { createHash } from 'node:crypto'
import type { JsonValue, RequestPrepare } from '@agentproxy/plugin'

/** Headers that change what a vendor answers. */
const MEANINGFUL = /^(?:anthropic-(?:version|beta)|openai-(?:beta|organization|project))$/
const TOOL_FIELDS = ['tools', 'functions', 'mcp_servers', 'toolConfig', 'tool_config'] as const
/** Fields that lean on what the vendor keeps, so that the same words need not mean the same. */
const STATEFUL_FIELDS = [
  'previous_response_id',
  'conversation',
  'background',
  'container',
  'cachedContent',
  'cached_content',
] as const

/**
 * A name for everything an answer depends on: who asks, format, model, mode and each parameter, whatever the order of
 * their names. The provider is no part of it. null = an answer to this must not be used again.
 */
export function requestKey(
  { identity, format, model, headers, clientCredential, body }: RequestPrepare,
  { withTools }: { readonly withTools: boolean },
): string | null {
  if (body === null) return null
  if (!withTools && TOOL_FIELDS.some((field) => isGiven(body[field]))) return null
  if (STATEFUL_FIELDS.some((field) => isGiven(body[field]))) return null
  const meaningful = Object.entries(headers)
    .filter(([name]) => MEANINGFUL.test(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const { kind, taskId, purpose, keyId = null } = identity
  const parts: JsonValue = [kind, taskId, purpose, keyId, clientCredential, format, model, meaningful, body]
  return createHash('sha256').update(canonical(parts)).digest('base64url')
}

function isGiven(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false) return false
  return !(Array.isArray(value) && value.length === 0)
}

function canonical(value: JsonValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
