import { sql } from 'kysely'
import type { Database } from '../database.ts'
import { decodeJson } from '../json-column.ts'
import type { SearchHit } from '../session-query.ts'
import type { Store } from '../store.ts'
import { matches } from './index-entries.ts'
import { textOf, wordsOf } from './words.ts'

const SNIPPET_CHARACTERS = 160

export function createSearch(db: Database): Store['search'] {
  return (question) =>
    db.read('search', async (queries) => {
      const match = matches(db, question.text)
      if (match === null) return []
      let query = db.query
        .selectFrom('searchText')
        .innerJoin('sessions', 'sessions.id', 'searchText.sessionId')
        .leftJoin('events', (join) =>
          join
            .onRef('events.sessionId', '=', 'searchText.sessionId')
            .onRef('events.seq', '=', 'searchText.seq'),
        )
        .select(['searchText.sessionId', 'searchText.seq', 'searchText.at'])
        .select(['sessions.title', 'events.type', 'events.payload'])
        .where(match)
        .orderBy('searchText.at', 'desc')
        .orderBy('searchText.sessionId', 'desc')
        .orderBy('searchText.seq', 'desc')
        .limit(question.limit)
      const { sessionId, before } = question
      if (sessionId !== undefined) query = query.where('searchText.sessionId', '=', sessionId)
      if (before !== undefined) {
        const place = sql`(${before.at}, ${before.sessionId}, ${before.seq})`
        const columns = sql`("searchText".at, "searchText"."sessionId", "searchText".seq)`
        query = query.where(sql<boolean>`${columns} < ${place}`)
      }
      return (await queries.rows(query)).map((row) => toHit(row, wordsOf(question.text)))
    })
}

interface FoundRow {
  readonly sessionId: string
  readonly seq: number
  readonly at: number
  readonly title: string
  readonly type: string | null
  readonly payload: string | null
}

function toHit({ sessionId, seq, at, title, type, payload }: FoundRow, words: readonly string[]): SearchHit {
  const text = payload === null ? title : textOf(decodeJson(payload))
  return { sessionId, seq, at, type, snippet: snippetOf(text, words) }
}

/** The part of a text round the first of these words. */
function snippetOf(text: string, words: readonly string[]): string {
  const low = text.toLowerCase()
  const found = words.map((word) => low.indexOf(word)).filter((at) => at >= 0)
  const start = found.length === 0 ? 0 : Math.max(0, Math.min(...found) - SNIPPET_CHARACTERS / 4)
  const part = text
    .slice(start, start + SNIPPET_CHARACTERS)
    .replaceAll(/\s+/g, ' ')
    .trim()
  return `${start > 0 ? '…' : ''}${part}${start + SNIPPET_CHARACTERS < text.length ? '…' : ''}`
}
