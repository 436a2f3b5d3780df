import type { Connection } from './connection.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import { assertLeaseHeld } from './leases.ts'
import type { SessionEvent, Store } from './store.ts'
import type { Tables } from './tables.ts'

export function createEvents(db: Connection): Store['events'] {
  return {
    append: async (lease, event) => {
      const payload = encodeJson(event.payload)
      return db.write('append an event', () => {
        assertLeaseHeld(db, lease)
        const first = event.id === undefined ? undefined : eventById(db, lease.sessionId, event.id)
        if (first !== undefined) return toEvent(first)
        const row = {
          sessionId: lease.sessionId,
          seq: lastSeq(db, lease.sessionId) + 1,
          eventId: event.id ?? null,
          type: event.type,
          at: Date.now(),
          payload,
        }
        db.run(db.query.insertInto('events').values(row))
        return toEvent(row)
      })
    },

    list: (sessionId, options = {}) =>
      db.read('list events', () => {
        let query = db.query
          .selectFrom('events')
          .selectAll()
          .where('sessionId', '=', sessionId)
          .orderBy('seq')
        if (options.afterSeq !== undefined) query = query.where('seq', '>', options.afterSeq)
        if (options.types !== undefined) query = query.where('type', 'in', options.types)
        if (options.limit !== undefined) query = query.limit(options.limit)
        return db.rows(query).map(toEvent)
      }),
  }
}

function eventById(db: Connection, sessionId: string, eventId: string): Tables['events'] | undefined {
  const query = db.query.selectFrom('events').selectAll().where('sessionId', '=', sessionId)
  return db.first(query.where('eventId', '=', eventId))
}

function lastSeq(db: Connection, sessionId: string): number {
  const query = db.query.selectFrom('events').where('sessionId', '=', sessionId)
  return db.first(query.select((row) => row.fn.max('seq').as('seq')))?.seq ?? 0
}

function toEvent(row: Tables['events']): SessionEvent {
  const { sessionId, seq, type, at, payload } = row
  return { sessionId, seq, type, at, payload: decodeJson(payload) }
}
