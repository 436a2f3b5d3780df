import { definePlugin } from '@agentproxy/plugin'
import type { ProviderDefinition } from '@agentproxy/plugin'
import { toAccounts } from './accounts.ts'
import { config } from './config.ts'
import type { Server } from './config.ts'

/** OpenAI's chat completions and responses, and every compatible server, as upstreams: one provider for each configured server. */
export const providerOpenai = definePlugin({
  name: 'provider-openai',
  version: '0.1.0',
  description: 'OpenAI and any compatible server as an upstream',
  kind: 'provider',
  config,
  setup(ctx) {
    for (const server of ctx.config.servers) ctx.provider(toProvider(server))
  },
})

const PATHS: Readonly<Record<Server['formats'][number], string>> = {
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
}

const BEARER = { header: 'authorization', prefix: 'Bearer ' }

function toProvider(server: Server): ProviderDefinition {
  const { name, baseUrl, apiKeyEnv, accounts, clientCredentials, formats, models } = server
  const base = baseUrl.replace(/\/+$/, '')
  return {
    name,
    displayName: name === 'openai' ? 'OpenAI' : name,
    endpoints: Object.fromEntries(formats.map((format) => [format, { url: base + PATHS[format] }])),
    embeddingsUrl: `${base}/embeddings`,
    credential: apiKeyEnv === null ? null : { ...BEARER, env: apiKeyEnv },
    accounts: toAccounts(accounts, BEARER),
    clientCredentials: clientCredentials ? ['authorization'] : [],
    headers: {},
    models: () => models.map((id) => ({ id })),
    passesUnknownModels: true,
    simulated: false,
  }
}
