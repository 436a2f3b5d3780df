import { environmentSecrets } from '@agentproxy/kernel'
import type { PluginHost, SecretSource } from '@agentproxy/kernel'
import type { Logger } from '@agentproxy/plugin'
import { openVaultOf } from '../auth/open-vault-of.ts'
import { TokenKeeper } from '../auth/token-keeper.ts'
import { secretEntry } from '../auth/vault-names.ts'
import type { Env } from './paths.ts'

export interface CredentialOptions {
  readonly env: Env
  readonly log: Logger
  /** Asked at each use: the plugins are opened with what this gives. */
  readonly host: () => PluginHost
}

export interface Credentials {
  /** The vault first, then environment variables. */
  readonly secrets: SecretSource
  readonly logins: TokenKeeper
}

/** What plugins may use without seeing it. Nothing is read before somebody asks. */
export function openCredentials({ env, log, host }: CredentialOptions): Credentials {
  const vault = openVaultOf(env)
  const fromEnvironment = environmentSecrets(env)
  const logins = new TokenKeeper({
    vault,
    providers: () => host().live.oauth,
    told: (change) => void host().live.hooks['oauth.token']?.(change),
    warn: (text) => log.warn(text),
  })
  return {
    logins,
    secrets: {
      get: async (plugin, name) =>
        (await vault.get(secretEntry(plugin, name))) ?? (await fromEnvironment.get(plugin, name)),
      accessToken: (provider) => logins.accessToken(provider),
    },
  }
}
