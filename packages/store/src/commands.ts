import type { Database, Queries } from './database.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import { noSuchSession } from './no-such-session.ts'
import { sessionLane } from './session-lane.ts'
import type { CommandRecord, Store } from './store.ts'

export function createCommands(db: Database): Store['commands'] {
  return {
    add: async (sessionId, payload) => {
      const text = encodeJson(payload)
      const add = async (queries: Queries): Promise<CommandRecord> => {
        const session = db.query.selectFrom('sessions').select('id').where('id', '=', sessionId)
        if ((await queries.first(session)) === undefined) throw noSuchSession(db, sessionId)
        const row = { sessionId, at: Date.now(), payload: text }
        const added = await queries.first(db.query.insertInto('commands').values(row).returning('seq'))
        if (added === undefined) throw new Error('an insert returned no row')
        return { ...row, seq: added.seq, payload }
      }
      return db.write('keep a command', add, sessionLane(sessionId))
    },

    list: (sessionId, afterSeq) =>
      db.read('list commands', async (queries) => {
        const query = db.query.selectFrom('commands').selectAll().where('sessionId', '=', sessionId)
        const rows = await queries.rows(query.where('seq', '>', afterSeq).orderBy('seq'))
        return rows.map((row) => ({ ...row, payload: decodeJson(row.payload) }))
      }),
  }
}
