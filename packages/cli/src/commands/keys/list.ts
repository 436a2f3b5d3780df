import type { GlobalFlags, Invocation } from '../../args/invocation.ts'
import { keyLines } from './key-lines.ts'
import { withStore } from '../with-store.ts'

/** All keys with their limits, also those that are good no more; never the keys themselves, which nobody has but their holders. */
export function listKeys(invocation: Invocation, flags: GlobalFlags & { json?: boolean }): Promise<number> {
  const { out } = invocation.terminal
  return withStore(invocation, flags, async (store) => {
    const keys = await store.keys.list()
    if (flags.json) for (const key of keys) out.write(`${JSON.stringify(key)}\n`)
    else if (keys.length === 0) out.write('No key was made yet. Make one with: agentproxy keys create NAME\n')
    else out.write(keyLines(keys, Date.now()))
    return 0
  })
}
