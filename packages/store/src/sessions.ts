import { sql } from 'kysely'
import type { SelectQueryBuilder } from 'kysely'
import type { Database, Queries } from './database.ts'
import { isRunning } from './leases.ts'
import { noSuchSession } from './no-such-session.ts'
import type { Tables } from './schema/tables.ts'
import { indexEntry, matches } from './search/index-entries.ts'
import { sessionLane } from './session-lane.ts'
import type { SessionQuery } from './session-query.ts'
import type { SessionRecord, Store } from './store.ts'

const PREFIX_MATCHES = 10

export function createSessions(db: Database): Store['sessions'] {
  const newestFirst = db.query
    .selectFrom('sessions')
    .selectAll()
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
  return {
    create: async (session) => {
      const now = Date.now()
      const record: SessionRecord = { ...session, outcome: null, createdAt: now, updatedAt: now }
      const create = async (queries: Queries): Promise<void> => {
        await queries.run(db.query.insertInto('sessions').values(record))
        const { id, title } = session
        await indexEntry(db.query, queries, { sessionId: id, seq: 0, at: now, text: title })
      }
      await db.write('create a session', create, sessionLane(session.id))
      return record
    },

    get: (id) => {
      const query = db.query.selectFrom('sessions').selectAll().where('id', '=', id)
      return db.read('read a session', async (queries) => (await queries.first(query)) ?? null)
    },

    findByPrefix: (prefix) => {
      const isPrefix = sql<boolean>`substr(id, 1, length(cast(${prefix} as text))) = ${prefix}`
      const query = newestFirst.where(isPrefix).limit(PREFIX_MATCHES)
      return db.read('look for a session', (queries) => queries.rows(query))
    },

    list: (options) => {
      const query = filtered(db, newestFirst, options)
      return db.read('list sessions', async (queries) => (query === null ? [] : queries.rows(query)))
    },

    update: async (id, patch) => {
      const values = { ...patch, updatedAt: Date.now() }
      const update = db.query.updateTable('sessions').set(values).where('id', '=', id)
      const count = await db.write('update a session', (queries) => queries.run(update), sessionLane(id))
      if (count === 0) throw noSuchSession(db, id)
    },

    delete: (id) =>
      db.write('delete a session', (queries) => deleteSession(db, queries, id), sessionLane(id)),
  }
}

type Query = SelectQueryBuilder<Tables, 'sessions', SessionRecord>

/** null = nothing can match. */
function filtered(db: Database, all: Query, options: SessionQuery): Query | null {
  let query = all.limit(options.limit)
  for (const column of ['state', 'outcome', 'agent', 'workingDir'] as const) {
    const wanted = options[column]
    if (wanted === null) query = query.where(column, 'is', null)
    else if (wanted !== undefined) query = query.where(column, '=', wanted)
  }
  const { since, updatedBefore, before, text } = options
  if (since !== undefined) query = query.where('createdAt', '>=', since)
  if (updatedBefore !== undefined) query = query.where('updatedAt', '<', updatedBefore)
  if (before !== undefined)
    query = query.where(sql<boolean>`("createdAt", id) < (${before.createdAt}, ${before.id})`)
  if (text === undefined) return query
  const match = matches(db, text)
  if (match === null) return null
  return query.where('id', 'in', db.query.selectFrom('searchText').select('sessionId').where(match))
}

/** Everything that is kept of it, but not what it cost. false = it runs, or there is none. */
async function deleteSession(db: Database, queries: Queries, id: string): Promise<boolean> {
  if (await isRunning(db, queries, id)) return false
  for (const table of ['events', 'evidence', 'commands', 'leases', 'searchText', 'snapshots'] as const)
    await queries.run(db.query.deleteFrom(table).where('sessionId', '=', id))
  return (await queries.run(db.query.deleteFrom('sessions').where('id', '=', id))) > 0
}
