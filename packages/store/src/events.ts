import type { Database, Queries } from './database.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import { assertLeaseHeld } from './leases.ts'
import { indexEntry } from './search/index-entries.ts'
import { textOf } from './search/words.ts'
import { sessionLane } from './session-lane.ts'
import type { SessionEvent, Store } from './store.ts'
import type { Tables } from './schema/tables.ts'

export function createEvents(db: Database): Store['events'] {
  return {
    append: async (lease, event) => {
      const payload = encodeJson(event.payload)
      const { sessionId } = lease
      const append = async (queries: Queries): Promise<SessionEvent> => {
        await assertLeaseHeld(db, queries, lease)
        const first =
          event.id === undefined ? undefined : await queries.first(eventById(db, sessionId, event.id))
        if (first !== undefined) return toEvent(first)
        const row = {
          sessionId,
          seq: (await lastSeq(db, queries, sessionId)) + 1,
          eventId: event.id ?? null,
          type: event.type,
          at: Date.now(),
          payload,
        }
        await queries.run(db.query.insertInto('events').values(row))
        const { seq, at } = row
        await indexEntry(db.query, queries, { sessionId, seq, at, text: textOf(event.payload) })
        return toEvent(row)
      }
      return db.write('append an event', append, sessionLane(sessionId))
    },

    list: (sessionId, options = {}) =>
      db.read('list events', async (queries) => {
        // PostgreSQL knows no empty list.
        if (options.types?.length === 0) return []
        let query = db.query
          .selectFrom('events')
          .selectAll()
          .where('sessionId', '=', sessionId)
          .orderBy('seq')
        if (options.afterSeq !== undefined) query = query.where('seq', '>', options.afterSeq)
        if (options.types !== undefined) query = query.where('type', 'in', options.types)
        if (options.limit !== undefined) query = query.limit(options.limit)
        return (await queries.rows(query)).map(toEvent)
      }),
  }
}

function eventById(db: Database, sessionId: string, eventId: string) {
  const query = db.query.selectFrom('events').selectAll().where('sessionId', '=', sessionId)
  return query.where('eventId', '=', eventId)
}

async function lastSeq(db: Database, queries: Queries, sessionId: string): Promise<number> {
  const query = db.query.selectFrom('events').where('sessionId', '=', sessionId)
  return (await queries.first(query.select((row) => row.fn.max('seq').as('seq'))))?.seq ?? 0
}

function toEvent(row: Tables['events']): SessionEvent {
  const { sessionId, seq, type, at, payload } = row
  return { sessionId, seq, type, at, payload: decodeJson(payload) }
}
