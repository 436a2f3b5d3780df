import type { WireFormat } from '../model/format-name.ts'

const MARK = 'agentproxy.'
const REDACTED = 'redacted.'
const ISSUERS: readonly WireFormat[] = ['anthropic', 'openai-chat', 'gemini']

/** Whose thinking an `encrypted_content` holds. */
export interface ReasoningMark {
  readonly issuer: WireFormat
  readonly signature: string
  /** The thinking itself is in `signature`, hidden, and nothing of it is readable. */
  readonly isRedacted: boolean
}

/**
 * The `encrypted_content` under which a Responses client keeps another vendor's thinking. Clients send reasoning items
 * back as they came, so the mark tells the reader whose it was: it returns to its issuer and never reaches OpenAI.
 */
export function markReasoning({ issuer, signature, isRedacted }: ReasoningMark): string {
  if (issuer === 'openai-responses') return signature
  const head = `${MARK}${isRedacted ? REDACTED : ''}${issuer}`
  return signature === '' ? head : `${head}.${signature}`
}

export function readReasoningMark(value: string): ReasoningMark {
  const isRedacted = value.startsWith(MARK + REDACTED)
  for (const issuer of value.startsWith(MARK) ? ISSUERS : []) {
    const head = `${MARK}${isRedacted ? REDACTED : ''}${issuer}`
    if (value === head) return { issuer, signature: '', isRedacted }
    if (value.startsWith(`${head}.`)) return { issuer, signature: value.slice(head.length + 1), isRedacted }
  }
  return { issuer: 'openai-responses', signature: value, isRedacted: false }
}
