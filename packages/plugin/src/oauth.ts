/** How the code comes back after the login page: to a listener on this machine, or pasted by the person. */
export type OAuthRedirect =
  | {
      readonly kind: 'loopback'
      /** 0 = any free port, where the provider allows it (RFC 8252, 7.3). Default 0. */
      readonly port?: number
      /** Default `/callback`. */
      readonly path?: string
      /** The host in the redirect URI; the listener is on 127.0.0.1. Default `127.0.0.1`. */
      readonly host?: '127.0.0.1' | 'localhost'
    }
  | { readonly kind: 'paste'; readonly redirectUri: string }

/** An OAuth 2 provider as data: the host runs the flow (PKCE S256 always), keeps the tokens and refreshes them. */
export interface OAuthProvider {
  /** Unique; `agentproxy auth login NAME`. */
  readonly name: string
  readonly displayName: string
  /** Checked where the provider sends one (RFC 9207). */
  readonly issuer?: string
  readonly authorizationUrl: string
  readonly tokenUrl: string
  /** RFC 7009; without it a logout only forgets. */
  readonly revocationUrl?: string
  /** RFC 8628; offers `--device`. */
  readonly deviceAuthorizationUrl?: string
  /** A public client's; such clients have no secret. */
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly redirect: OAuthRedirect
  /** Further parameters of the authorization request. */
  readonly authorizationParameters?: Readonly<Record<string, string>>
}

/** Told by `oauth.token`. No token is in it. */
export interface OAuthTokenChange {
  readonly provider: string
  /** The plugin that contributed the provider. */
  readonly plugin: string
  readonly change: 'login' | 'refresh' | 'logout' | 'refresh_failed'
  /** Milliseconds since 1970; null = it does not expire, or there is none. */
  readonly expiresAt: number | null
}
