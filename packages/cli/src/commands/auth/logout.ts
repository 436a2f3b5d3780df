import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import { stripEscapes } from '../../display/strip-escapes.ts'
import { withAuth } from './with-auth.ts'

export interface LogoutFlags extends GlobalFlags {
  readonly name: string
  readonly json?: boolean
}

/** Forgets a login, and revokes it where the provider can be told. */
export function logout(invocation: Invocation, flags: LogoutFlags): Promise<number> {
  return withAuth(invocation, flags, async ({ logins }) => {
    const { name } = flags
    const { out, err } = invocation.terminal
    const result = await logins.logout(name)
    if (flags.json) out.write(`${JSON.stringify({ provider: name, ...result })}\n`)
    else out.write(result.loggedOut ? `${name}  logged out\n` : `${name}  nobody was logged in\n`)
    if (result.notRevoked !== null)
      err.write(
        `${stripEscapes(`warning: the login is forgotten here but not revoked: ${result.notRevoked}`)}\n`,
      )
    return 0
  })
}
