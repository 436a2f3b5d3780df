import type { Database } from './database.ts'
import { decodeJson, encodeJson } from './json-column.ts'
import type { ResponseRecord, Store } from './store.ts'

interface Row extends Omit<ResponseRecord, 'input' | 'body'> {
  readonly input: string
  readonly body: string
}

export function createResponses(db: Database): Store['responses'] {
  return {
    add: async (response) => {
      const row = { ...response, input: encodeJson(response.input), body: encodeJson(response.body) }
      return db.write('keep a response', async (queries) => {
        const insert = db.query.insertInto('responses').values(row).returning('seq')
        const [added] = await queries.rows(insert)
        if (added === undefined) throw new Error('an insert returned no row')
        return added.seq
      })
    },

    find: (id) =>
      db.read('find a response', async (queries) => {
        const query = db.query.selectFrom('responses').selectAll().where('id', '=', id)
        return (await queries.rows(query.orderBy('seq', 'desc'))).map(toRecord)
      }),

    chain: (seq) =>
      db.read('read a conversation', async (queries) => {
        const records: ResponseRecord[] = []
        // Each goes on from an earlier one, so this ends.
        for (let next: number | null = seq; next !== null;) {
          const row: Row | undefined = await queries.first(
            db.query.selectFrom('responses').selectAll().where('seq', '=', next),
          )
          if (row === undefined) return null
          records.push(toRecord(row))
          next = row.previous
        }
        return records.toReversed()
      }),

    delete: (owner, id) =>
      db.write('forget a response', async (queries) => {
        const query = db.query.deleteFrom('responses').where('owner', '=', owner).where('id', '=', id)
        return (await queries.run(query)) > 0
      }),

    prune: ({ before, keep }) =>
      db.write('forget old responses', async (queries) => {
        const old = await queries.run(db.query.deleteFrom('responses').where('at', '<', before))
        const newest = db.query.selectFrom('responses').select('seq').orderBy('seq', 'desc')
        const [last] = await queries.rows(newest.limit(1).offset(keep))
        if (last === undefined) return old
        const many = await queries.run(db.query.deleteFrom('responses').where('seq', '<=', last.seq))
        return old + many
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
