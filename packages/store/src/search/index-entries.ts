import { sql } from 'kysely'
import type { Kysely, RawBuilder } from 'kysely'
import type { Database, Queries } from '../database.ts'
import { decodeJson } from '../json-column.ts'
import type { Tables } from '../schema/tables.ts'
import { indexText, textOf, wordsOf } from './words.ts'

const PAGE = 500

export interface Entry {
  readonly sessionId: string
  /** 0 = the session's title. */
  readonly seq: number
  readonly at: number
  readonly text: string
}

/** Makes a text findable, within the transaction that writes it. */
export async function indexEntry(
  query: Kysely<Tables>,
  queries: Queries,
  { sessionId, seq, at, text }: Entry,
): Promise<void> {
  const words = indexText(text)
  if (words === '') return
  await queries.run(query.insertInto('searchText').values({ words, sessionId, seq, at }))
}

/** Whether an entry of `searchText` has all these words, or words that begin so. null = there is nothing to look for. */
export function matches({ kind }: Pick<Database, 'kind'>, text: string): RawBuilder<boolean> | null {
  const words = [...new Set(wordsOf(text))]
  if (words.length === 0) return null
  // Words are letters and numbers alone: they are no operators of either language.
  return kind === 'sqlite'
    ? sql<boolean>`"searchText" match ${words.map((word) => `"${word}"*`).join(' ')}`
    : sql<boolean>`to_tsvector('simple', words) @@ to_tsquery('simple', ${words.map((word) => `'${word}':*`).join(' & ')})`
}

/** Makes findable what was written before there was an index. */
export async function indexExisting(db: Kysely<Tables>): Promise<void> {
  const sessions = await db.selectFrom('sessions').select(['id', 'title', 'createdAt']).execute()
  for (const { id, title, createdAt } of sessions) {
    await insert(db, { sessionId: id, seq: 0, at: createdAt, text: title })
    for (let last = 0; ;) {
      const page = await db
        .selectFrom('events')
        .selectAll()
        .where('sessionId', '=', id)
        .where('seq', '>', last)
        .orderBy('seq')
        .limit(PAGE)
        .execute()
      for (const { seq, at, payload } of page)
        await insert(db, { sessionId: id, seq, at, text: textOf(decodeJson(payload)) })
      last = page.at(-1)?.seq ?? last
      if (page.length < PAGE) break
    }
  }
}

async function insert(db: Kysely<Tables>, { sessionId, seq, at, text }: Entry): Promise<void> {
  const words = indexText(text)
  if (words !== '') await db.insertInto('searchText').values({ words, sessionId, seq, at }).execute()
}
