import type { SessionRecord, Store } from '@agentproxy/store'
import { CliError } from '../errors.ts'

/** The session meant by an id or the start of one. Throws `SESSION_UNKNOWN` when there is none, or more than one. */
export async function findSession(store: Store, prefix: string): Promise<SessionRecord> {
  const found = prefix === '' ? [] : await store.sessions.findByPrefix(prefix)
  const exact = found.find(({ id }) => id === prefix)
  const [only, ...others] = exact === undefined ? found : [exact]
  if (only === undefined) {
    throw new CliError('SESSION_UNKNOWN', `no session begins with "${prefix}"`, { hint: 'See pa list.' })
  }
  if (others.length === 0) return only
  const rows = found.map(({ id, title }) => `  ${id}  ${title}`)
  throw new CliError('SESSION_UNKNOWN', `several sessions begin with "${prefix}"; give more of the id`, {
    hint: rows.join('\n'),
  })
}
