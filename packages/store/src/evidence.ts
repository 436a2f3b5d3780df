import { sql } from 'kysely'
import type { Connection } from './connection.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import { assertLeaseHeld } from './leases.ts'
import type { EvidenceRecord, Store } from './store.ts'
import type { Tables } from './tables.ts'

export function createEvidence(db: Connection): Store['evidence'] {
  const all = db.query.selectFrom('evidence').selectAll()
  return {
    /** Evidence is never replaced: adding an id again returns the first entry. */
    add: async (lease, evidence) => {
      const body = encodeJson(evidence.body)
      return db.write('keep evidence', () => {
        assertLeaseHeld(db, lease)
        const { sessionId } = lease
        const first = db.first(all.where('sessionId', '=', sessionId).where('id', '=', evidence.id))
        if (first !== undefined) return toRecord(first)
        const row = { ...evidence, sessionId, at: Date.now(), body }
        db.run(db.query.insertInto('evidence').values(row))
        return toRecord(row)
      })
    },

    /** In the order it was added. */
    list: (sessionId) =>
      db.read('list evidence', () =>
        db.rows(all.where('sessionId', '=', sessionId).orderBy(sql`rowid`)).map(toRecord),
      ),
  }
}

function toRecord(row: Tables['evidence']): EvidenceRecord {
  return { ...row, body: decodeJson(row.body) }
}
