import { sql } from 'kysely'
import type { Connection } from './connection.ts'
import { StoreError } from './store-error.ts'
import type { SessionRecord, Store } from './store.ts'

const PREFIX_MATCHES = 10

export function createSessions(db: Connection): Store['sessions'] {
  const newestFirst = db.query
    .selectFrom('sessions')
    .selectAll()
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
  return {
    create: (session) =>
      db.write('create a session', (): SessionRecord => {
        const now = Date.now()
        const record = { ...session, outcome: null, createdAt: now, updatedAt: now }
        db.run(db.query.insertInto('sessions').values(record))
        return record
      }),

    get: (id) =>
      db.read(
        'read a session',
        () => db.first(db.query.selectFrom('sessions').selectAll().where('id', '=', id)) ?? null,
      ),

    findByPrefix: (prefix) =>
      db.read('look for a session', () => {
        const matches = sql<boolean>`substr(id, 1, length(${prefix})) = ${prefix}`
        return db.rows(newestFirst.where(matches).limit(PREFIX_MATCHES))
      }),

    list: ({ limit, state, before }) =>
      db.read('list sessions', () => {
        let query = newestFirst.limit(limit)
        if (state !== undefined) query = query.where('state', '=', state)
        if (before !== undefined) {
          query = query.where(sql<boolean>`("createdAt", id) < (${before.createdAt}, ${before.id})`)
        }
        return db.rows(query)
      }),

    update: (id, patch) =>
      db.write('update a session', () => {
        const values = { ...patch, updatedAt: Date.now() }
        if (db.run(db.query.updateTable('sessions').set(values).where('id', '=', id)) === 0)
          throw noSuchSession(db, id)
      }),
  }
}

export function noSuchSession(db: Connection, id: string): StoreError {
  return new StoreError(
    'NOT_FOUND',
    `There is no session "${id}" in ${db.path}. List the sessions to see their ids.`,
  )
}
