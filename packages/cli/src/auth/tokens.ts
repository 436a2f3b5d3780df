import type { OAuthProvider } from '@agentproxy/plugin'
import { z } from 'zod'

// A token with fewer seconds to live than this is refreshed before it is used.
const LEEWAY_MS = 60_000

const schema = z.object({
  accessToken: z.string().min(1),
  /** null = there was none, or the provider has refused it for good. */
  refreshToken: z.string().min(1).nullable(),
  /** Milliseconds since 1970; null = it does not expire. */
  expiresAt: z.number().int().nullable(),
  scopes: z.array(z.string()),
  /** Who logged in, as an ID token says; for people. */
  account: z.string().nullable(),
  /** Where and for whom they were issued: they are never sent anywhere else. */
  issuedBy: z.object({ tokenUrl: z.string(), clientId: z.string() }),
})

/** One login, as it is kept. */
export type Tokens = Readonly<z.infer<typeof schema>>

/** null = it was not written by this release. */
export function parseTokens(text: string): Tokens | null {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** Whether they may be sent to this provider; not so where another plugin has taken over its name. */
export function areIssuedBy({ issuedBy }: Tokens, { tokenUrl, clientId }: OAuthProvider): boolean {
  return issuedBy.tokenUrl === tokenUrl && issuedBy.clientId === clientId
}

export function isFresh({ expiresAt }: Tokens, now = Date.now()): boolean {
  return expiresAt === null || expiresAt - now > LEEWAY_MS
}

/** Whether the provider would still accept it. */
export function isValid({ expiresAt }: Tokens, now = Date.now()): boolean {
  return expiresAt === null || expiresAt > now
}
