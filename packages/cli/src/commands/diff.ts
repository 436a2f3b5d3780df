import { createFileSupervisor } from '../app/file-supervisor.ts'
import { findSession } from '../app/find-session.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { withStore } from './with-store.ts'

export interface DiffFlags extends GlobalFlags {
  readonly id: string
}

/** The task's changes as a patch; into a pipe byte for byte, on a terminal without escape sequences. */
export function showDiff(invocation: Invocation, flags: DiffFlags): Promise<number> {
  const { env, terminal } = invocation
  return withStore(invocation, flags, async (store) => {
    const { id } = await findSession(store, flags.id)
    const supervisor = createFileSupervisor(store, env)
    const patch = await supervisor.diff(id)
    terminal.out.write(terminal.out.isTty ? stripEscapes(patch) : patch)
    return 0
  })
}
