import { baseUrlProblem } from '@agentproxy/plugin'
import { z } from 'zod'
import { accounts } from './accounts.ts'

const server = z.strictObject({
  /** The part before the slash in `name/model`. */
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be lower-case letters, digits, dots, dashes; no slash'),
  /** Where `/chat/completions` is, such as `https://api.openai.com/v1`. */
  baseUrl: z.string().superRefine((text, ctx) => {
    const problem = baseUrlProblem(text)
    if (problem !== null) ctx.addIssue({ code: 'custom', message: problem })
  }),
  /** The environment variable that holds the key; null = the server takes none. */
  apiKeyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable, or null')
    .nullable()
    .default(null),
  /** Several keys to share the calls among, instead of the one of `apiKeyEnv`. */
  accounts: accounts.default([]),
  /**
   * Pass a client's own credential on, where the client sends the gateway's token in `x-agentproxy-token`. Others are served
   * with the keys above.
   */
  clientCredentials: z.boolean().default(false),
  /** The formats it speaks itself; clients of another one are translated to the first. */
  formats: z
    .array(z.enum(['openai-chat', 'openai-responses']))
    .min(1)
    .default(['openai-chat']),
  /** Models to list. Any other name is passed on too. */
  models: z.array(z.string().min(1)).default([]),
})

export type Server = z.output<typeof server>

/** OpenAI itself, and any server that speaks its chat format: one entry for each. */
export const config = z.strictObject({
  servers: z
    .array(server)
    .min(1)
    .prefault([
      {
        name: 'openai',
        baseUrl: 'https://api.openai.com/v1',
        apiKeyEnv: 'OPENAI_API_KEY',
        formats: ['openai-chat', 'openai-responses'],
      },
    ])
    .superRefine((servers, ctx) => {
      const names = new Set<string>()
      for (const [index, { name }] of servers.entries()) {
        if (names.has(name)) {
          ctx.addIssue({
            code: 'custom',
            path: [index, 'name'],
            message: `another server is called "${name}" already`,
          })
        }
        names.add(name)
      }
    }),
})
