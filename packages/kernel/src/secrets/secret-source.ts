/** Where the host finds what plugins may use without seeing it. */
export interface SecretSource {
  /** A secret of one plugin; null = there is none. */
  get(plugin: string, name: string): Promise<string | null>
  /** An access token that is valid now, refreshed if need be; null = nobody logged in. */
  accessToken(provider: string): Promise<string | null>
}

/** Secrets from environment variables alone: `AGENTPROXY_SECRETS__MY_PLUGIN__API_KEY`. */
export function environmentSecrets(env: Readonly<Record<string, string | undefined>>): SecretSource {
  return {
    get: async (plugin, name) => env[secretVariable(plugin, name)] ?? null,
    accessToken: async () => null,
  }
}

/** The environment variable a plugin's secret may stand in. */
export function secretVariable(plugin: string, name: string): string {
  return `AGENTPROXY_SECRETS__${plugin}__${name}`.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
}
