import { baseUrlProblem, definePlugin } from '@agentproxy/plugin'
import { z } from 'zod'
import { accounts, toAccounts } from './accounts.ts'

export const config = z.strictObject({
  /** Where `/models/{model}:generateContent` is. */
  baseUrl: z
    .string()
    .default('https://generativelanguage.googleapis.com/v1beta')
    .superRefine((text, ctx) => {
      const problem = baseUrlProblem(text)
      if (problem !== null) ctx.addIssue({ code: 'custom', message: problem })
    }),
  /** The environment variable that holds the key. */
  apiKeyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')
    .default('GEMINI_API_KEY'),
  /** Several keys to share the calls among, instead of the one of `apiKeyEnv`. */
  accounts: accounts.default([]),
  /**
   * Pass a client's own credential on, where the client sends the gateway's token in `x-agentproxy-token`. Others are served
   * with the keys above.
   */
  clientCredentials: z.boolean().default(false),
  /** Models to list. Any other name is passed on too: the upstream knows best what it serves. */
  models: z.array(z.string().min(1)).default(['gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-2.5-flash-lite']),
})

/** Google's Gemini API as the upstream `gemini`. */
export const providerGemini = definePlugin({
  name: 'provider-gemini',
  version: '0.1.0',
  description: 'Google Gemini API as an upstream',
  kind: 'provider',
  config,
  setup(ctx) {
    const { baseUrl, apiKeyEnv, models } = ctx.config
    const rule = { header: 'x-goog-api-key', prefix: '' }
    const model = `${baseUrl.replace(/\/+$/, '')}/models/{model}`
    ctx.provider({
      name: 'gemini',
      displayName: 'Google Gemini',
      endpoints: {
        gemini: {
          url: `${model}:generateContent`,
          streamUrl: `${model}:streamGenerateContent?alt=sse`,
          countUrl: `${model}:countTokens`,
        },
      },
      credential: { ...rule, env: apiKeyEnv },
      accounts: toAccounts(ctx.config.accounts, rule),
      clientCredentials: ctx.config.clientCredentials ? ['x-goog-api-key', 'authorization'] : [],
      headers: {},
      models: () => models.map((id) => ({ id })),
      passesUnknownModels: true,
      simulated: false,
    })
  },
})
