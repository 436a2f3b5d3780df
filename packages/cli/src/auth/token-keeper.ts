import type { Contributed } from '@agentproxy/kernel'
import type { OAuthProvider, OAuthTokenChange } from '@agentproxy/plugin'
import type { Vault } from '@agentproxy/store'
import { CliError } from '../errors.ts'
import { checkProvider } from './check-provider.ts'
import { refreshTokens, revokeTokens } from './oauth-requests.ts'
import { areIssuedBy, isFresh, isValid, parseTokens } from './tokens.ts'
import type { Tokens } from './tokens.ts'
import { loginEntry } from './vault-names.ts'

type Known = Contributed<OAuthProvider>

export interface TokenKeeperOptions {
  readonly vault: Vault
  /** Providers as they are now. */
  providers(): ReadonlyMap<string, Known>
  /** Told of each change once it is kept. */
  told(change: OAuthTokenChange): void
  warn(text: string): void
}

export interface Logout {
  /** false: nobody was logged in. */
  readonly loggedOut: boolean
  /** Why the provider does not know of it; null = it does. */
  readonly notRevoked: string | null
}

interface Renewal {
  readonly tokens: Tokens | null
  /** null = another process had done it. */
  readonly change: 'refresh' | 'refresh_failed' | null
  /** Why there are no new tokens. */
  readonly failure: CliError | null
}

/**
 * Keeps logins in the vault and their tokens fresh. However many ask, in this process or in others, an outdated token is
 * refreshed once: refresh tokens rotate, and a second use of one ends the login at careful providers.
 */
export class TokenKeeper {
  readonly #options: TokenKeeperOptions
  readonly #renewals = new Map<string, Promise<Renewal>>()
  /** Rotated tokens the vault did not take: the only ones that still work. */
  readonly #unsaved = new Map<string, Tokens>()

  constructor(options: TokenKeeperOptions) {
    this.#options = options
  }

  /** A token that works now; null = nobody logged in. Throws `LOGIN_ENDED` or `REFRESH_FAILED`. */
  async accessToken(provider: string): Promise<string | null> {
    const known = this.#options.providers().get(provider)
    const tokens = known === undefined ? null : await this.#read(known.value)
    if (known === undefined || tokens === null) return null
    if (isFresh(tokens) || (tokens.refreshToken === null && isValid(tokens))) return tokens.accessToken
    const { tokens: renewed, failure } = await this.#renewOnce(known, tokens)
    // Near its end a token is better than none.
    if (renewed !== null && (failure === null || isValid(renewed))) return renewed.accessToken
    if (failure !== null) throw failure
    return null
  }

  /** Refreshes whatever the time. Throws `LOGIN_UNKNOWN`, `LOGIN_ENDED` or `REFRESH_FAILED`. */
  async refresh(provider: string): Promise<Tokens> {
    const known = this.find(provider)
    const tokens = await this.#read(known.value)
    const renewal = tokens === null ? null : await this.#renewOnce(known, tokens)
    if (renewal?.failure) throw renewal.failure
    if (renewal?.tokens) return renewal.tokens
    throw loginEnded(known.value, 'nobody is logged in')
  }

  /** Keeps what a login gave. */
  async keep(provider: string, tokens: Tokens): Promise<void> {
    const known = this.find(provider)
    await this.#options.vault.exclusively(loginEntry(provider), () => this.#save(provider, tokens))
    this.#tell(known, 'login', tokens.expiresAt)
  }

  /** Forgets the login, and has the provider forget it too where it can. */
  async logout(provider: string): Promise<Logout> {
    const known = this.find(provider)
    const { vault } = this.#options
    const entry = loginEntry(provider)
    const result = await vault.exclusively(entry, async (): Promise<Logout> => {
      const tokens = await this.#read(known.value)
      if (tokens === null) return { loggedOut: await vault.delete(entry), notRevoked: null }
      const notRevoked = await revoke(known.value, tokens)
      this.#unsaved.delete(provider)
      await vault.delete(entry)
      return { loggedOut: true, notRevoked }
    })
    if (result.loggedOut) this.#tell(known, 'logout', null)
    return result
  }

  /** The login as it is kept; null = there is none that belongs to the provider of this name as it is now. */
  async tokens(provider: string): Promise<Tokens | null> {
    const known = this.#options.providers().get(provider)
    return known === undefined ? null : this.#read(known.value)
  }

  /** Throws `LOGIN_UNKNOWN`, or `LOGIN_FAILED` for a provider whose definition is unsafe. */
  find(provider: string): Known {
    const known = this.#options.providers().get(provider)
    if (known === undefined)
      throw new CliError('LOGIN_UNKNOWN', `no plugin offers a login named "${provider}"`, {
        hint: 'All: agentproxy auth providers',
      })
    checkProvider(known.value, known.plugin)
    return known
  }

  /** Resolves when nothing is on its way any more: a token that was asked for is also kept. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#renewals.values())
  }

  async #read(provider: OAuthProvider): Promise<Tokens | null> {
    const text = await this.#options.vault.get(loginEntry(provider.name))
    const tokens = this.#unsaved.get(provider.name) ?? (text === null ? null : parseTokens(text))
    return tokens !== null && areIssuedBy(tokens, provider) ? tokens : null
  }

  #renewOnce(known: Known, seen: Tokens): Promise<Renewal> {
    const { name } = known.value
    const running = this.#renewals.get(name)
    if (running !== undefined) return running
    const renewal = this.#renew(known, seen).finally(() => this.#renewals.delete(name))
    this.#renewals.set(name, renewal)
    return renewal
  }

  /** What has begun ends as it began, also where the provider's plugin goes meanwhile. */
  async #renew(known: Known, seen: Tokens): Promise<Renewal> {
    const { plugin, value } = known
    checkProvider(value, plugin)
    const renewal = await this.#options.vault.exclusively(
      loginEntry(value.name),
      async (): Promise<Renewal> => {
        const present = await this.#read(value)
        const isOthers = present?.accessToken !== seen.accessToken
        if (present === null || isOthers) return { tokens: present, change: null, failure: null }
        return await this.#request(value, present)
      },
    )
    if (renewal.change !== null) this.#tell(known, renewal.change, renewal.tokens?.expiresAt ?? null)
    return renewal
  }

  async #request(provider: OAuthProvider, present: Tokens): Promise<Renewal> {
    const { refreshToken } = present
    if (refreshToken === null)
      return { tokens: present, change: null, failure: loginEnded(provider, 'it cannot be refreshed') }
    const answer = await refreshTokens(provider, { ...present, refreshToken })
    if (answer.ok) {
      await this.#saveOrHold(provider.name, answer.value)
      return { tokens: answer.value, change: 'refresh', failure: null }
    }
    if (answer.error !== 'invalid_grant')
      return { tokens: present, change: 'refresh_failed', failure: refreshFailed(provider, answer.reason) }
    // It will never be accepted again, so it is not tried again.
    const ended = { ...present, refreshToken: null }
    await this.#saveOrHold(provider.name, ended)
    return { tokens: ended, change: 'refresh_failed', failure: loginEnded(provider, answer.reason) }
  }

  /** Whoever asked gets the new tokens even where they cannot be kept. */
  async #saveOrHold(provider: string, tokens: Tokens): Promise<void> {
    try {
      await this.#save(provider, tokens)
    } catch (error) {
      this.#unsaved.set(provider, tokens)
      const reason = error instanceof Error ? error.message : String(error)
      this.#options.warn(`the refreshed login to ${provider} is kept in memory only: ${reason}`)
    }
  }

  async #save(provider: string, tokens: Tokens): Promise<void> {
    await this.#options.vault.set(loginEntry(provider), JSON.stringify(tokens))
    this.#unsaved.delete(provider)
  }

  #tell({ plugin, value }: Known, change: OAuthTokenChange['change'], expiresAt: number | null): void {
    this.#options.told({ provider: value.name, plugin, change, expiresAt })
  }
}

async function revoke(provider: OAuthProvider, tokens: Tokens): Promise<string | null> {
  if (provider.revocationUrl === undefined) return `${provider.displayName} has no way to be told`
  const answer = await revokeTokens(provider, tokens)
  return answer.ok ? null : answer.reason
}

function loginEnded({ name, displayName }: OAuthProvider, reason: string): CliError {
  return new CliError(
    'LOGIN_ENDED',
    `the login to ${displayName} has ended (${reason}); log in again with: agentproxy auth login ${name}`,
  )
}

function refreshFailed({ displayName }: OAuthProvider, reason: string): CliError {
  return new CliError('REFRESH_FAILED', `the login to ${displayName} could not be refreshed: ${reason}`, {
    hint: 'The login is kept; try again later.',
  })
}
