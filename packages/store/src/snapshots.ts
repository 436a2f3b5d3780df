import type { Database, Queries } from './database.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import { assertLeaseHeld } from './leases.ts'
import { sessionLane } from './session-lane.ts'
import type { Store } from './store.ts'

export function createSnapshots(db: Database): Store['snapshots'] {
  return {
    get: (sessionId) =>
      db.read('read a snapshot', async (queries) => {
        const query = db.query.selectFrom('snapshots').selectAll().where('sessionId', '=', sessionId)
        const row = await queries.first(query)
        return row === undefined ? null : { seq: row.seq, version: row.version, body: decodeJson(row.body) }
      }),

    put: async (lease, { seq, version, body }) => {
      const { sessionId } = lease
      const row = { seq, version, body: encodeJson(body) }
      const put = async (queries: Queries): Promise<void> => {
        await assertLeaseHeld(db, queries, lease)
        const insert = db.query.insertInto('snapshots').values({ sessionId, ...row })
        await queries.run(insert.onConflict((conflict) => conflict.column('sessionId').doUpdateSet(row)))
      }
      await db.write('keep a snapshot', put, sessionLane(sessionId))
    },
  }
}
