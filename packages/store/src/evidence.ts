import { sql } from 'kysely'
import type { Database, Queries } from './database.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import { assertLeaseHeld } from './leases.ts'
import { sessionLane } from './session-lane.ts'
import type { EvidenceRecord, Store } from './store.ts'
import type { Tables } from './schema/tables.ts'

export function createEvidence(db: Database): Store['evidence'] {
  const all = db.query.selectFrom('evidence').selectAll()
  return {
    /** Evidence is never replaced: adding an id again returns the first entry. */
    add: async (lease, evidence) => {
      const body = encodeJson(evidence.body)
      const { sessionId } = lease
      const add = async (queries: Queries): Promise<EvidenceRecord> => {
        await assertLeaseHeld(db, queries, lease)
        const first = await queries.first(
          all.where('sessionId', '=', sessionId).where('id', '=', evidence.id),
        )
        if (first !== undefined) return toRecord(first)
        const row = { ...evidence, sessionId, at: Date.now(), body }
        await queries.run(db.query.insertInto('evidence').values(row))
        return toRecord(row)
      }
      return db.write('keep evidence', add, sessionLane(sessionId))
    },

    /** In the order it was added. */
    list: (sessionId) =>
      db.read('list evidence', async (queries) =>
        (await queries.rows(all.where('sessionId', '=', sessionId).orderBy(sql`rowid`))).map(toRecord),
      ),
  }
}

/** A row of PostgreSQL has a column `rowid`, which is none of the record's. */
function toRecord(row: Tables['evidence']): EvidenceRecord {
  const { rowid: _, ...fields } = row as typeof row & { rowid?: number }
  return { ...fields, body: decodeJson(row.body) }
}
