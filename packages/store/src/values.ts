import type { Connection } from './connection.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import type { Store } from './store.ts'

export function createValues(db: Connection): Store['values'] {
  return {
    /** undefined = no such key. */
    get: (room, key) =>
      db.read('read a value', () => {
        const query = db.query
          .selectFrom('values')
          .select('value')
          .where('room', '=', room)
          .where('key', '=', key)
        const row = db.first(query)
        return row === undefined ? undefined : decodeJson(row.value)
      }),

    set: async (room, key, value) => {
      const row = { room, key, value: encodeJson(value) }
      await db.write('keep a value', () => {
        const insert = db.query.insertInto('values').values(row)
        db.run(
          insert.onConflict((conflict) =>
            conflict.columns(['room', 'key']).doUpdateSet({ value: row.value }),
          ),
        )
      })
    },

    /** Resolves to whether there was one. */
    delete: (room, key) =>
      db.write('delete a value', () => {
        return db.run(db.query.deleteFrom('values').where('room', '=', room).where('key', '=', key)) > 0
      }),

    /** In order of their code points. */
    keys: (room) =>
      db.read('list keys', () => {
        const query = db.query.selectFrom('values').select('key').where('room', '=', room).orderBy('key')
        return db.rows(query).map((row) => row.key)
      }),
  }
}
