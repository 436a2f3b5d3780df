import { createFileSupervisor } from '../app/file-supervisor.ts'
import { findSession } from '../app/find-session.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { withStore } from './with-store.ts'

export interface CleanFlags extends GlobalFlags {
  readonly id: string
  readonly discard?: boolean
  readonly json?: boolean
}

/** Removes the private folder of a task, and says which it was. */
export function cleanTask(invocation: Invocation, flags: CleanFlags): Promise<number> {
  const { env, terminal } = invocation
  return withStore(invocation, flags, async (store) => {
    const { id } = await findSession(store, flags.id)
    const supervisor = createFileSupervisor(store, env)
    const { folder, problem } = await supervisor.clean(id, { discard: flags.discard ?? false })
    if (problem !== null) terminal.err.write(`the cleanup command failed: ${stripEscapes(problem)}\n`)
    if (flags.json) terminal.out.write(`${JSON.stringify({ sessionId: id, folder, problem })}\n`)
    else
      terminal.out.write(folder === null ? 'There is no private folder to remove.\n' : `removed  ${folder}\n`)
    return 0
  })
}
