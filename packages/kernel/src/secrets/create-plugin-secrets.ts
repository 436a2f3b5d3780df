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
    const origins = use.origins?.map((origin) => originOf(plugin, name, origin)) ?? null
    if ((await read()) === null) return null
    return createSecret({
      plugin,
      name,
      prefix: '',
      bound: { origins },
      read: async () => {
        const value = await read()
        if (value !== null) return value
        const gone = `secret ${name} of plugin ${plugin} is no longer there`
        throw new PluginError('SECRET_DENIED', gone, { plugin })
      },
    })
  }
  return {
    get: (name, use = {}) => handle(name, use, () => source.get(plugin, name)),
    oauth: (provider, use = {}) => handle(`oauth ${provider}`, use, () => source.accessToken(provider)),
  }
}

function originOf(plugin: string, name: string, text: string): string {
  const origin = URL.canParse(text) ? new URL(text).origin : 'null'
  if (origin !== 'null') return origin
  throw new PluginError(
    'PLUGIN_INVALID',
    `plugin ${plugin}: secret ${name}: ${JSON.stringify(text)} is no origin, as in "https://api.example.com"`,
    { plugin },
  )
}
