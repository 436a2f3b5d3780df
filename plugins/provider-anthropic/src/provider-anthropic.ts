import { definePlugin } from '@agentproxy/plugin'
import { toAccounts } from './accounts.ts'
import { config } from './config.ts'

/** Anthropic's Messages API as the upstream `anthropic`. */
export const providerAnthropic = definePlugin({
  name: 'provider-anthropic',
  version: '0.1.0',
  description: 'Anthropic Messages API as an upstream',
  kind: 'provider',
  config,
  setup(ctx) {
    const { baseUrl, apiKeyEnv, accounts, clientCredentials, models } = ctx.config
    const rule = { header: 'x-api-key', prefix: '' }
    const messages = `${baseUrl.replace(/\/+$/, '')}/v1/messages`
    ctx.provider({
      name: 'anthropic',
      displayName: 'Anthropic',
      endpoints: { anthropic: { url: messages, countUrl: `${messages}/count_tokens` } },
      credential: { ...rule, env: apiKeyEnv },
      accounts: toAccounts(accounts, rule),
      clientCredentials: clientCredentials ? ['x-api-key', 'authorization'] : [],
      // Required by the API (docs.anthropic.com, Versioning); a client's own header wins over it.
      headers: { 'anthropic-version': '2023-06-01' },
      models: () => models.map((id) => ({ id })),
      passesUnknownModels: true,
      simulated: false,
    })
  },
})
