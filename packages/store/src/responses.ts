import type { Connection } from './connection.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import type { ResponseRecord, Store } from './store.ts'

interface Row extends Omit<ResponseRecord, 'input' | 'body'> {
  readonly input: string
  readonly body: string
}

export function createResponses(db: Connection): Store['responses'] {
  return {
    add: async (response) => {
      const row = { ...response, input: encodeJson(response.input), body: encodeJson(response.body) }
      return db.write('keep a response', () => {
        const insert = db.query.insertInto('responses').values(row).returning('seq')
        const [added] = db.rows(insert)
        if (added === undefined) throw new Error('an insert returned no row')
        return added.seq
      })
    },

    find: (id) =>
      db.read('find a response', () => {
        const query = db.query.selectFrom('responses').selectAll().where('id', '=', id)
        return db.rows(query.orderBy('seq', 'desc')).map(toRecord)
      }),

    chain: (seq) =>
      db.read('read a conversation', () => {
        const records: ResponseRecord[] = []
        // Each goes on from an earlier one, so this ends.
        for (let next: number | null = seq; next !== null;) {
          const row: Row | undefined = db.first(
            db.query.selectFrom('responses').selectAll().where('seq', '=', next),
          )
          if (row === undefined) return null
          records.push(toRecord(row))
          next = row.previous
        }
        return records.toReversed()
      }),

    delete: (owner, id) =>
      db.write('forget a response', () => {
        const query = db.query.deleteFrom('responses').where('owner', '=', owner).where('id', '=', id)
        return db.run(query) > 0
      }),

    prune: ({ before, keep }) =>
      db.write('forget old responses', () => {
        const old = db.run(db.query.deleteFrom('responses').where('at', '<', before))
        const newest = db.query.selectFrom('responses').select('seq').orderBy('seq', 'desc')
        const [last] = db.rows(newest.limit(1).offset(keep))
        if (last === undefined) return old
        return old + db.run(db.query.deleteFrom('responses').where('seq', '<=', last.seq))
      }),
  }
}

function toRecord(row: Row): ResponseRecord {
  return {
    ...row,
    input: decodeJson(row.input) as ResponseRecord['input'],
    body: decodeJson(row.body) as ResponseRecord['body'],
  }
}
