import type { WireFormat } from '../model/format-name.ts'

const MARK = 'agentproxy.'
const ISSUERS: readonly WireFormat[] = ['anthropic', 'openai-chat', 'openai-responses']
/** What every marked signature starts with: base64 of the mark's first nine bytes. */
const PREFIX = Buffer.from(MARK.slice(0, 9)).toString('base64')

/**
 * The `thoughtSignature` under which a Gemini client keeps another vendor's thought, so that it returns to its issuer and
 * never reaches Google. Base64, because the field is of type bytes and official SDKs decode it.
 */
export function markSignature(issuer: WireFormat, signature: string): string {
  if (issuer === 'gemini') return signature
  return Buffer.from(`${MARK}${issuer}.${signature}`, 'utf8').toString('base64')
}

export function readSignature(value: string): { readonly issuer: WireFormat; readonly signature: string } {
  if (value.startsWith(PREFIX)) {
    const text = Buffer.from(value, 'base64').toString('utf8')
    for (const issuer of ISSUERS) {
      const prefix = `${MARK}${issuer}.`
      if (text.startsWith(prefix)) return { issuer, signature: text.slice(prefix.length) }
    }
  }
  return { issuer: 'gemini', signature: value }
}
