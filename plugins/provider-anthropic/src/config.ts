import { baseUrlProblem } from '@agentproxy/plugin'
import { z } from 'zod'
import { accounts } from './accounts.ts'

/** Listed by default. Any other name is passed on too: the upstream knows best what it serves. */
const MODELS = [
  'claude-opus-5-5',
  'claude-opus-4-8',
  'claude-sonnet-4-5',
  'claude-sonnet-4-5-20250929',
  'claude-haiku-4-5',
  'claude-haiku-4-5-20251001',
]

/** Settings of the plugin; every one has a default. */
export const config = z.strictObject({
  /** Where `/v1/messages` is. */
  baseUrl: z
    .string()
    .default('https://api.anthropic.com')
    .superRefine((text, ctx) => {
      const problem = baseUrlProblem(text)
      if (problem !== null) ctx.addIssue({ code: 'custom', message: problem })
    }),
  /** The environment variable that holds the key. */
  apiKeyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable')
    .default('ANTHROPIC_API_KEY'),
  /** Several keys to share the calls among, instead of the one of `apiKeyEnv`. */
  accounts: accounts.default([]),
  /**
   * Pass a client's own credential on, such as the login of Claude Code, where the client sends the gateway's token in
   * `x-agentproxy-token`. Others are served with the keys above.
   */
  clientCredentials: z.boolean().default(false),
  /** Models to list. */
  models: z.array(z.string().min(1)).default(MODELS),
})
