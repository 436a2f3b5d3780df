/**
 * A key or token the plugin may use but never sees. Give it to `ctx.http` as a header's value or as the URL; written
 * anywhere else it says only its name.
 */
export interface Secret {
  readonly name: string
  /** The same secret with text before it, as in `Bearer `. */
  withPrefix(prefix: string): Secret
  toString(): string
  toJSON(): string
}

export interface SecretUse {
  /** The only origins, such as `https://api.example.com`, it may be sent to. Without them: the first it is sent to. */
  readonly origins?: readonly string[]
}

export interface PluginSecrets {
  /**
   * A secret by name: what `agentproxy secrets set PLUGIN NAME` stored, else the environment variable
   * `AGENTPROXY_SECRETS__PLUGIN__NAME`; null = there is none.
   */
  get(name: string, use?: SecretUse): Promise<Secret | null>
  /** The access token of an OAuth provider somebody logged in to, fresh at each use; null = nobody did. */
  oauth(provider: string, use?: SecretUse): Promise<Secret | null>
}
