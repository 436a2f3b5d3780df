import type { SessionQuery, Store } from '@agentproxy/store'
import { findSession } from '../app/find-session.ts'
import { expandPath } from '../app/paths.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { createPaint } from '../display/paint.ts'
import { oneLine } from '../display/strip-escapes.ts'
import { readMoment } from './read-moment.ts'
import { withStore } from './with-store.ts'

export interface ListFlags extends GlobalFlags {
  readonly limit: number
  readonly json?: boolean
  /** Words in the title or the log. */
  readonly search?: string
  readonly state?: string
  readonly outcome?: string
  readonly agent?: string
  readonly workingDir?: string
  readonly since?: string
  /** The id of the last one seen. */
  readonly after?: string
}

/** Tasks, newest first. */
export function listSessions(invocation: Invocation, flags: ListFlags): Promise<number> {
  const { env, terminal } = invocation
  return withStore(invocation, flags, async (store) => {
    const records = await store.sessions.list(await queryOf(invocation, store, flags))
    if (flags.json) {
      for (const record of records) terminal.out.write(`${JSON.stringify(record)}\n`)
      return 0
    }
    if (records.length === 0) terminal.out.write(nothing(flags))
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

async function queryOf({ cwd, env }: Invocation, store: Store, flags: ListFlags): Promise<SessionQuery> {
  const { limit, search, state, outcome, agent, workingDir, since, after } = flags
  const from = readMoment('--since', since)
  const before = after === undefined ? undefined : await findSession(store, after)
  return {
    limit,
    ...(search !== undefined && { text: search }),
    ...(state !== undefined && { state }),
    ...(outcome !== undefined && { outcome }),
    ...(agent !== undefined && { agent }),
    ...(workingDir !== undefined && { workingDir: expandPath(workingDir, cwd, env) }),
    ...(from !== null && { since: from }),
    ...(before !== undefined && { before }),
  }
}

function nothing({ search, state, outcome, agent, workingDir, since, after }: ListFlags): string {
  const isAsked = [search, state, outcome, agent, workingDir, since, after].some((one) => one !== undefined)
  return isAsked ? 'No such task.\n' : 'No task yet. Begin one with: pa "what to do"\n'
}
