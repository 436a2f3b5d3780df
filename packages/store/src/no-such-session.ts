import type { Database } from './database.ts'
import { StoreError } from './store-error.ts'

export function noSuchSession(db: Database, id: string): StoreError {
  return new StoreError(
    'NOT_FOUND',
    `There is no session "${id}" in ${db.name}. List the sessions to see their ids.`,
  )
}
