import { createFileSupervisor } from '../app/file-supervisor.ts'
import { findSession } from '../app/find-session.ts'
import { openStoreOf } from '../app/open-app.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { loadConfig } from '../config/load-config.ts'
import { stripEscapes } from '../display/strip-escapes.ts'

export interface DiffFlags extends GlobalFlags {
  readonly id: string
}

/** The task's changes as a patch; into a pipe byte for byte, on a terminal without escape sequences. */
export async function showDiff(invocation: Invocation, flags: DiffFlags): Promise<number> {
  const { env, cwd, terminal } = invocation
  const config = await loadConfig({ env, cwd, projectDir: null, extraFile: flags.config ?? null })
  const store = await openStoreOf(config)
  try {
    const { id } = await findSession(store, flags.id)
    const supervisor = createFileSupervisor(store, env)
    const patch = await supervisor.diff(id)
    terminal.out.write(terminal.out.isTty ? stripEscapes(patch) : patch)
    return 0
  } finally {
    await store.close()
  }
}
