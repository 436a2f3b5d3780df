import { failure, RequestRefused } from '../exchange/failure.ts'
import type { Account } from './accounts-of.ts'

export interface Credential {
  readonly header: string
  /** As sent, with its prefix. */
  readonly value: string
  /** The bare key. */
  readonly secret: string
}

/**
 * What a call is made with: the client's own credential, else the account's key, read at every call so that a new one needs no
 * restart; null if the provider takes none.
 * A missing key is 403, not 401: Claude Code retries 401 for more than a minute before it tells anyone.
 */
export function readCredential(
  provider: string,
  { own, credential }: Account,
  env: Readonly<Record<string, string | undefined>>,
): Credential | null {
  if (own !== null || credential === null) return own
  const secret = env[credential.env]?.trim() ?? ''
  if (secret === '') {
    const message = `The provider "${provider}" has no key: set ${credential.env} in the gateway's environment.`
    throw new RequestRefused('no_key', failure('permission', message))
  }
  return { header: credential.header, value: credential.prefix + secret, secret }
}
