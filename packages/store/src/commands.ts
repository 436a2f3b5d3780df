import type { Connection } from './connection.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import { noSuchSession } from './sessions.ts'
import type { Store } from './store.ts'

export function createCommands(db: Connection): Store['commands'] {
  return {
    add: async (sessionId, payload) => {
      const text = encodeJson(payload)
      return db.write('keep a command', () => {
        const session = db.query.selectFrom('sessions').select('id').where('id', '=', sessionId)
        if (db.first(session) === undefined) throw noSuchSession(db, sessionId)
        const row = { sessionId, at: Date.now(), payload: text }
        const [added] = db.rows(db.query.insertInto('commands').values(row).returning('seq'))
        if (added === undefined) throw new Error('an insert returned no row')
        return { ...row, seq: added.seq, payload }
      })
    },

    list: (sessionId, afterSeq) =>
      db.read('list commands', () => {
        const query = db.query.selectFrom('commands').selectAll().where('sessionId', '=', sessionId)
        const rows = db.rows(query.where('seq', '>', afterSeq).orderBy('seq'))
        return rows.map((row) => ({ ...row, payload: decodeJson(row.payload) }))
      }),
  }
}
