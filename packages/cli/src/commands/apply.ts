import { createFileSupervisor } from '../app/file-supervisor.ts'
import { findSession } from '../app/find-session.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { withStore } from './with-store.ts'

export interface ApplyFlags extends GlobalFlags {
  readonly id: string
  readonly unverified?: boolean
  readonly json?: boolean
}

/** Writes the result of a task into the person's folder, and says which files. */
export function applyTask(invocation: Invocation, flags: ApplyFlags): Promise<number> {
  const { env, terminal } = invocation
  return withStore(invocation, flags, async (store) => {
    const { id } = await findSession(store, flags.id)
    const supervisor = createFileSupervisor(store, env)
    const { paths, verified } = await supervisor.apply(id, { unverified: flags.unverified ?? false })
    if (flags.json) terminal.out.write(`${JSON.stringify({ sessionId: id, verified, paths })}\n`)
    else if (paths.length === 0) terminal.out.write('Everything is there already; nothing was written.\n')
    else terminal.out.write(`${paths.map((path) => `applied  ${stripEscapes(path)}`).join('\n')}\n`)
    return 0
  })
}
