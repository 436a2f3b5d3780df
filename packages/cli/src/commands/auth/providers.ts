import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import { stripEscapes } from '../../display/strip-escapes.ts'
import { withAuth } from './with-auth.ts'

export interface ProvidersFlags extends GlobalFlags {
  readonly json?: boolean
}

/** Logins that plugins offer. */
export function listProviders(invocation: Invocation, flags: ProvidersFlags): Promise<number> {
  return withAuth(invocation, flags, async ({ plugins }) => {
    const { out } = invocation.terminal
    const all = [...plugins.live.oauth.values()].toSorted((a, b) => a.value.name.localeCompare(b.value.name))
    for (const { plugin, value } of all) {
      const { name, displayName, scopes, redirect } = value
      const ways = [redirect.kind, ...(value.deviceAuthorizationUrl === undefined ? [] : ['device'])]
      out.write(
        flags.json
          ? `${JSON.stringify({ name, displayName, plugin, ways, scopes })}\n`
          : `${stripEscapes(`${name}  ${displayName}; ${ways.join(', ')}; of plugin ${plugin}`)}\n`,
      )
    }
    if (all.length === 0 && !flags.json) out.write('No plugin offers a login.\n')
    return 0
  })
}
