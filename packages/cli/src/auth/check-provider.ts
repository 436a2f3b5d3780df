import type { OAuthProvider } from '@agentproxy/plugin'
import { CliError } from '../errors.ts'

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** Throws `LOGIN_FAILED` for a definition that would send a code or a token in clear over a network. */
export function checkProvider(provider: OAuthProvider, plugin: string): void {
  const { authorizationUrl, tokenUrl, revocationUrl, deviceAuthorizationUrl } = provider
  const urls = { authorizationUrl, tokenUrl, revocationUrl, deviceAuthorizationUrl }
  for (const [field, url] of Object.entries(urls)) {
    if (url === undefined || isConfidential(url)) continue
    throw new CliError('LOGIN_FAILED', `${provider.name}: its ${field} must be an https URL, not ${url}`, {
      hint: `Plugin ${plugin} gives it; http is for this machine only.`,
    })
  }
}

function isConfidential(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
}
