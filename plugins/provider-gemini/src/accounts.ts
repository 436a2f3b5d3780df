import type { CredentialRule, ProviderAccount } from '@agentproxy/plugin'
import { z } from 'zod'

/** Keys to share the calls among; labels are unique. */
export const accounts = z
  .array(
    z.strictObject({
      /** Shown to people. */
      label: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'must be letters, digits, dots, dashes, @'),
      /** The environment variable that holds the key. */
      apiKeyEnv: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable'),
      /** Share of the calls with `routing.accounts.strategy: weighted` and `least-loaded`. */
      weight: z.number().positive().max(1000).default(1),
      /** Lower ones are used first. */
      priority: z.int().min(0).default(0),
    }),
  )
  .refine(
    (list) => new Set(list.map(({ label }) => label)).size === list.length,
    'every label must be its own',
  )

/** The accounts as the gateway takes them: each sends its key as `rule` says. */
export function toAccounts(
  list: z.output<typeof accounts>,
  rule: Omit<CredentialRule, 'env'>,
): readonly ProviderAccount[] {
  return list.map(({ label, apiKeyEnv, weight, priority }) => ({
    label,
    weight,
    priority,
    credential: { ...rule, env: apiKeyEnv },
  }))
}
