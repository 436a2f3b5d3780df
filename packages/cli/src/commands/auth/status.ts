import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import { stripEscapes } from '../../display/strip-escapes.ts'
import { loginStatus, statusLine } from './login-status.ts'
import { withAuth } from './with-auth.ts'

export interface StatusFlags extends GlobalFlags {
  /** null = all. */
  readonly name: string | null
  readonly json?: boolean
}

/** How the logins are. Exit code 1 where the one that was named is not usable without a new login. */
export function showStatus(invocation: Invocation, flags: StatusFlags): Promise<number> {
  return withAuth(invocation, flags, async ({ plugins, logins }) => {
    const { out } = invocation.terminal
    const names = flags.name === null ? [...plugins.live.oauth.keys()].toSorted() : [flags.name]
    let unusable = false
    for (const name of names) {
      const status = loginStatus(logins.find(name), await logins.tokens(name))
      unusable ||= status.state === 'ended' || status.state === 'logged out'
      out.write(`${flags.json ? JSON.stringify(status) : stripEscapes(statusLine(status))}\n`)
    }
    if (names.length === 0 && !flags.json) out.write('No plugin offers a login.\n')
    return flags.name !== null && unusable ? 1 : 0
  })
}
