import type { WireFormat } from '../model/format-name.ts'

const MARK = 'agentproxy.'
const ISSUERS: readonly WireFormat[] = ['openai-chat', 'openai-responses', 'gemini']

/**
 * The `signature` under which a Messages client keeps another vendor's thought. Clients send thinking blocks back as
 * they came, so the mark tells the reader whose it was: it then returns to its issuer and never reaches Anthropic.
 */
export function markSignature(issuer: WireFormat, signature: string): string {
  if (issuer === 'anthropic') return signature
  return signature === '' ? MARK + issuer : `${MARK}${issuer}.${signature}`
}

export function readSignature(value: string): { readonly issuer: WireFormat; readonly signature: string } {
  if (value.startsWith(MARK)) {
    for (const issuer of ISSUERS) {
      const prefix = MARK + issuer
      if (value === prefix) return { issuer, signature: '' }
      if (value.startsWith(`${prefix}.`)) return { issuer, signature: value.slice(prefix.length + 1) }
    }
  }
  return { issuer: 'anthropic', signature: value }
}
