import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import { stripEscapes } from '../../display/strip-escapes.ts'
import { loginStatus, statusLine } from './login-status.ts'
import { withAuth } from './with-auth.ts'

export interface RefreshFlags extends GlobalFlags {
  readonly name: string
  readonly json?: boolean
}

/** Refreshes a login now, whatever its time. */
export function refresh(invocation: Invocation, flags: RefreshFlags): Promise<number> {
  return withAuth(invocation, flags, async ({ logins }) => {
    const status = loginStatus(logins.find(flags.name), await logins.refresh(flags.name))
    invocation.terminal.out.write(
      `${flags.json ? JSON.stringify(status) : stripEscapes(statusLine(status))}\n`,
    )
    return 0
  })
}
