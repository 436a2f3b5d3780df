import { createFileSupervisor } from '../app/file-supervisor.ts'
import { findSession } from '../app/find-session.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { withStore } from './with-store.ts'

export interface RollbackFlags extends GlobalFlags {
  readonly id: string
  readonly to?: number
  readonly discardLater?: boolean
  readonly json?: boolean
}

/** Puts the files of a task back, and says which. */
export function rollBackTask(invocation: Invocation, flags: RollbackFlags): Promise<number> {
  const { env, terminal } = invocation
  return withStore(invocation, flags, async (store) => {
    const { id } = await findSession(store, flags.id)
    const supervisor = createFileSupervisor(store, env)
    const request = { turn: flags.to ?? null, discardLater: flags.discardLater ?? false }
    const { paths, turn } = await supervisor.rollback(id, request)
    if (flags.json) terminal.out.write(`${JSON.stringify({ sessionId: id, turn, paths })}\n`)
    else if (paths.length === 0)
      terminal.out.write('All files are as they were before; nothing was changed.\n')
    else terminal.out.write(`${paths.map((path) => `put back  ${stripEscapes(path)}`).join('\n')}\n`)
    return 0
  })
}
