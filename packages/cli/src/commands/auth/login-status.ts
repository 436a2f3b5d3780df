import type { Contributed } from '@agentproxy/kernel'
import type { OAuthProvider } from '@agentproxy/plugin'
import { isValid } from '../../auth/tokens.ts'
import type { Tokens } from '../../auth/tokens.ts'

/** A login as it may be shown: no token, nor a part of one. */
export interface LoginStatus {
  readonly provider: string
  readonly displayName: string
  readonly plugin: string
  /** `expired`: refreshed at its next use. `ended`: only a new login helps. */
  readonly state: 'logged in' | 'expired' | 'ended' | 'logged out'
  /** Milliseconds since 1970; null = it does not expire, or there is none. */
  readonly expiresAt: number | null
  readonly scopes: readonly string[]
  readonly account: string | null
  readonly refreshes: boolean
}

export function loginStatus(
  { plugin, value }: Contributed<OAuthProvider>,
  tokens: Tokens | null,
): LoginStatus {
  const refreshes = tokens !== null && tokens.refreshToken !== null
  return {
    provider: value.name,
    displayName: value.displayName,
    plugin,
    state: stateOf(tokens, refreshes),
    expiresAt: tokens?.expiresAt ?? null,
    scopes: tokens?.scopes ?? [],
    account: tokens?.account ?? null,
    refreshes,
  }
}

function stateOf(tokens: Tokens | null, refreshes: boolean): LoginStatus['state'] {
  if (tokens === null) return 'logged out'
  if (isValid(tokens)) return 'logged in'
  return refreshes ? 'expired' : 'ended'
}

export function statusLine(status: LoginStatus): string {
  const { provider, state, expiresAt, scopes, account, refreshes } = status
  const until = expiresAt === null ? 'does not expire' : `until ${new Date(expiresAt).toISOString()}`
  const notes =
    state === 'logged out'
      ? []
      : [
          ...(account === null ? [] : [`as ${account}`]),
          until,
          refreshes ? 'refreshed when needed' : 'cannot be refreshed',
          ...(scopes.length === 0 ? [] : [`scopes ${scopes.join(' ')}`]),
        ]
  return `${provider}  ${[state, ...notes].join('; ')}`
}
