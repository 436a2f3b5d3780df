import { sql } from 'kysely'
import type { Database, Queries } from './database.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import { KeyCache } from './key-cache.ts'
import type { KeyLimits, KeyRecord, Store } from './store.ts'
import type { Tables } from './schema/tables.ts'

export function createKeys(db: Database): Store['keys'] {
  const all = db.query.selectFrom('keys').selectAll()
  const lookUp = createLookUp(db)
  /** In the transaction of the change, for who remembers keys. */
  const tell = async (queries: Queries): Promise<void> => {
    if (db.changes !== null) await queries.rows(db.query.selectNoFrom(db.changes.news.as('told')))
  }
  return {
    create: async ({ id, name, hash, models, limits, expiresAt }) => {
      const texts = { models: encodeJson(models), limits: encodeJson(limits) }
      const create = async (queries: Queries): Promise<KeyRecord | null> => {
        const taken = all.where('name', '=', name).where('revokedAt', 'is', null)
        if ((await queries.first(taken)) !== undefined) return null
        const row = { id, name, hash, ...texts, createdAt: Date.now(), expiresAt, revokedAt: null }
        await queries.run(db.query.insertInto('keys').values(row))
        await tell(queries)
        return toRecord(row)
      }
      return db.write('keep a key', create, 'keys')
    },

    list: () =>
      db.read('list keys', async (queries) =>
        (await queries.rows(all.orderBy('createdAt').orderBy('id'))).map(toRecord),
      ),

    revoke: (name) => {
      const revoke = async (queries: Queries): Promise<boolean> => {
        const live = db.query
          .updateTable('keys')
          .set({ revokedAt: Date.now() })
          .where('revokedAt', 'is', null)
        const count = await queries.run(live.where(sql<boolean>`${name} in (id, name)`))
        await tell(queries)
        return count > 0
      }
      return db.write('revoke a key', revoke, 'keys')
    },

    find: (hash) => lookUp('hash', hash),

    get: (id) => lookUp('id', id),
  }
}

type LookUp = (column: 'hash' | 'id', value: string) => Promise<KeyRecord | null>

function createLookUp(db: Database): LookUp {
  const ask: LookUp = (column, value) => {
    const query = db.query.selectFrom('keys').selectAll().where(column, '=', value)
    return db.read('look up a key', async (queries) => {
      const row = await queries.first(query)
      return row === undefined ? null : toRecord(row)
    })
  }
  const { changes } = db
  if (changes === null) return ask
  let cache: KeyCache | null = null
  return (column, value) => {
    if (cache === null) {
      const fresh = new KeyCache()
      changes.onChange(() => fresh.clear())
      cache = fresh
    }
    return cache.find(`${column} ${value}`, () => ask(column, value))
  }
}

function toRecord({ hash: _hash, ...row }: Tables['keys']): KeyRecord {
  return {
    ...row,
    models: decodeJson(row.models) as readonly string[],
    limits: decodeJson(row.limits) as KeyLimits,
  }
}
