import type { Database } from './database.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import type { Store } from './store.ts'

export function createValues(db: Database): Store['values'] {
  return {
    /** undefined = no such key. */
    get: (room, key) =>
      db.read('read a value', async (queries) => {
        const query = db.query
          .selectFrom('values')
          .select('value')
          .where('room', '=', room)
          .where('key', '=', key)
        const row = await queries.first(query)
        return row === undefined ? undefined : decodeJson(row.value)
      }),

    set: async (room, key, value) => {
      const row = { room, key, value: encodeJson(value) }
      const insert = db.query
        .insertInto('values')
        .values(row)
        .onConflict((conflict) => conflict.columns(['room', 'key']).doUpdateSet({ value: row.value }))
      await db.write('keep a value', (queries) => queries.run(insert), lane(room, key))
    },

    /** Resolves to whether there was one. */
    delete: async (room, key) => {
      const remove = db.query.deleteFrom('values').where('room', '=', room).where('key', '=', key)
      return (await db.write('delete a value', (queries) => queries.run(remove), lane(room, key))) > 0
    },

    /** In order of their code points. */
    keys: (room) =>
      db.read('list keys', async (queries) => {
        const query = db.query.selectFrom('values').select('key').where('room', '=', room).orderBy('key')
        return (await queries.rows(query)).map((row) => row.key)
      }),
  }
}

/** What is written to one key last is what stays. */
function lane(room: string, key: string): string {
  return `value ${room}/${key}`
}
