import { didYouMean } from '../../args/nearest.ts'
import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import { CliError } from '../../errors.ts'
import { withStore } from '../with-store.ts'

/** Takes a key back, by name or id. */
export function revokeKey(
  invocation: Invocation,
  flags: GlobalFlags & { readonly name: string; readonly json?: boolean },
): Promise<number> {
  const { name, json } = flags
  return withStore(invocation, flags, async (store) => {
    if (!(await store.keys.revoke(name))) {
      const live = (await store.keys.list()).filter(({ revokedAt }) => revokedAt === null)
      const names = live.map((key) => key.name)
      throw new CliError('KEY_UNKNOWN', `no key named "${name}" is in use${didYouMean(name, names)}`, {
        hint: 'All: agentproxy keys list',
      })
    }
    invocation.terminal.out.write(json ? `${JSON.stringify({ revoked: name })}\n` : `${name} was revoked\n`)
    return 0
  })
}
