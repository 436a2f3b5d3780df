import { PluginError } from '@agentproxy/plugin'
import type { PluginSecrets, Secret, SecretUse } from '@agentproxy/plugin'
import { createSecret } from './secret-handle.ts'
import type { SecretSource } from './secret-source.ts'

/** One plugin's view of the secrets. A handle reads the value anew at each use. */
export function createPluginSecrets(plugin: string, source: SecretSource): PluginSecrets {
  const handle = async (
    name: string,
    use: SecretUse,
    read: () => Promise<string | null>,
  ): Promise<Secret | null> => {
    if ((await read()) === null) return null
    const gone = new PluginError('SECRET_DENIED', `secret ${name} of plugin ${plugin} is no longer there`, {
      plugin,
    })
    return createSecret({
      plugin,
      name,
      prefix: '',
      bound: { origins: use.origins?.map((origin) => new URL(origin).origin) ?? null },
      read: async () => {
        const value = await read()
        if (value === null) throw gone
        return value
      },
    })
  }
  return {
    get: (name, use = {}) => handle(name, use, () => source.get(plugin, name)),
    oauth: (provider, use = {}) => handle(`oauth ${provider}`, use, () => source.accessToken(provider)),
  }
}
