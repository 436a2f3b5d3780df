import type { Store } from '@agentproxy/store'
import { openStoreOf } from '../app/open-app.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { loadConfig } from '../config/load-config.ts'

/** Runs one command with the store alone. A server that runs sees what changes there with its next request. */
export async function withStore(
  { env, cwd }: Invocation,
  flags: GlobalFlags,
  act: (store: Store) => Promise<number>,
): Promise<number> {
  const config = await loadConfig({ env, cwd, projectDir: null, extraFile: flags.config ?? null })
  const store = await openStoreOf(config)
  try {
    return await act(store)
  } finally {
    await store.close()
  }
}
