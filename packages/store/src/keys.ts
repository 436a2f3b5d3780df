import { sql } from 'kysely'
import type { Connection } from './connection.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import type { KeyLimits, KeyRecord, Store } from './store.ts'
import type { Tables } from './tables.ts'

export function createKeys(db: Connection): Store['keys'] {
  const all = db.query.selectFrom('keys').selectAll()
  const first = (query: typeof all): KeyRecord | null => {
    const row = db.first(query)
    return row === undefined ? null : toRecord(row)
  }
  return {
    create: async ({ id, name, hash, models, limits, expiresAt }) => {
      const texts = { models: encodeJson(models), limits: encodeJson(limits) }
      return db.write('keep a key', () => {
        if (db.first(all.where('name', '=', name).where('revokedAt', 'is', null)) !== undefined) return null
        const row = { id, name, hash, ...texts, createdAt: Date.now(), expiresAt, revokedAt: null }
        db.run(db.query.insertInto('keys').values(row))
        return toRecord(row)
      })
    },

    list: () => db.read('list keys', () => db.rows(all.orderBy('createdAt').orderBy('id')).map(toRecord)),

    revoke: (name) =>
      db.write('revoke a key', () => {
        const live = db.query
          .updateTable('keys')
          .set({ revokedAt: Date.now() })
          .where('revokedAt', 'is', null)
        return db.run(live.where(sql<boolean>`${name} in (id, name)`)) > 0
      }),

    find: (hash) => db.readNow('look up a key', () => first(all.where('hash', '=', hash))),

    get: (id) => db.readNow('look up a key', () => first(all.where('id', '=', id))),
  }
}

function toRecord({ hash: _hash, ...row }: Tables['keys']): KeyRecord {
  return {
    ...row,
    models: decodeJson(row.models) as readonly string[],
    limits: decodeJson(row.limits) as KeyLimits,
  }
}
