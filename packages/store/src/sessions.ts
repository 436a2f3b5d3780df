import { sql } from 'kysely'
import type { Database } from './database.ts'
import { noSuchSession } from './no-such-session.ts'
import { sessionLane } from './session-lane.ts'
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
      const insert = db.query.insertInto('sessions').values(record)
      await db.write('create a session', (queries) => queries.run(insert), sessionLane(session.id))
      return record
    },

    get: (id) => {
      const query = db.query.selectFrom('sessions').selectAll().where('id', '=', id)
      return db.read('read a session', async (queries) => (await queries.first(query)) ?? null)
    },

    findByPrefix: (prefix) => {
      const matches = sql<boolean>`substr(id, 1, length(cast(${prefix} as text))) = ${prefix}`
      const query = newestFirst.where(matches).limit(PREFIX_MATCHES)
      return db.read('look for a session', (queries) => queries.rows(query))
    },

    list: ({ limit, state, before }) =>
      db.read('list sessions', (queries) => {
        let query = newestFirst.limit(limit)
        if (state !== undefined) query = query.where('state', '=', state)
        if (before !== undefined) {
          query = query.where(sql<boolean>`("createdAt", id) < (${before.createdAt}, ${before.id})`)
        }
        return queries.rows(query)
      }),

    update: async (id, patch) => {
      const values = { ...patch, updatedAt: Date.now() }
      const update = db.query.updateTable('sessions').set(values).where('id', '=', id)
      const count = await db.write('update a session', (queries) => queries.run(update), sessionLane(id))
      if (count === 0) throw noSuchSession(db, id)
    },
  }
}
