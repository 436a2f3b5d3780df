import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { createPaint } from '../display/paint.ts'
import { oneLine } from '../display/strip-escapes.ts'
import { withStore } from './with-store.ts'

export interface ListFlags extends GlobalFlags {
  readonly limit: number
  readonly json?: boolean
}

/** Tasks, newest first. */
export function listSessions(invocation: Invocation, flags: ListFlags): Promise<number> {
  const { env, terminal } = invocation
  return withStore(invocation, flags, async (store) => {
    const records = await store.sessions.list({ limit: flags.limit })
    if (flags.json) {
      for (const record of records) terminal.out.write(`${JSON.stringify(record)}\n`)
      return 0
    }
    if (records.length === 0) terminal.out.write('No task yet. Begin one with: pa "what to do"\n')
    const paint = createPaint(terminal.out.isTty, env)
    const idColumns = Math.max(0, ...records.map(({ id }) => id.length))
    for (const record of records) {
      const when = new Date(record.createdAt).toISOString().slice(0, 16).replace('T', ' ')
      const state = (record.outcome ?? record.state).padEnd(9)
      const room = Math.max(20, terminal.out.columns - idColumns - when.length - 15)
      const colour = record.outcome === 'done' ? paint.green : paint.yellow
      terminal.out.write(
        `${paint.bold(record.id.padEnd(idColumns))}  ${paint.dim(when)}  ${colour(state)}  ${oneLine(record.title, room)}\n`,
      )
    }
    return 0
  })
}
