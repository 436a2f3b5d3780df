import { createCommands } from './commands.ts'
import type { Database } from './database.ts'
import { createEvents } from './events.ts'
import { createEvidence } from './evidence.ts'
import { createExchanges } from './exchanges.ts'
import { createHolds } from './holds.ts'
import { createKeys } from './keys.ts'
import { createLeases } from './leases.ts'
import { isPostgresUrl } from './postgres/postgres-address.ts'
import { createPrivateFile } from './private-file.ts'
import { createResponses } from './responses.ts'
import { createSearch } from './search/search.ts'
import { createSessions } from './sessions.ts'
import { createSnapshots } from './snapshots.ts'
import { SqliteDatabase } from './sqlite/sqlite-database.ts'
import { explainFailure } from './sqlite/sqlite-failure.ts'
import { StoreError } from './store-error.ts'
import type { Store } from './store.ts'
import { createValues } from './values.ts'

/** Where a store is: a file of SQLite, or the address `postgres://USER:PASSWORD@HOST:PORT/DATABASE` of a server. */
export type StorePlace = { readonly path: string } | { readonly url: string }

/**
 * Opens a store and brings its schema up to date. A file and its folder are created (for their owner only) when missing. Several
 * processes may have one place open. Throws `StoreError` `OPEN_FAILED`, `NEWER_SCHEMA` or `CORRUPT`.
 */
export async function openStore(place: StorePlace): Promise<Store> {
  const db = await openDatabase(place)
  const { leases, close: stopRenewing } = createLeases(db)
  const { holds, close: stopHolding } = createHolds(db)
  return {
    sessions: createSessions(db),
    events: createEvents(db),
    commands: createCommands(db),
    evidence: createEvidence(db),
    exchanges: createExchanges(db),
    holds,
    keys: createKeys(db),
    snapshots: createSnapshots(db),
    search: createSearch(db),
    responses: createResponses(db),
    leases,
    values: createValues(db),
    health: () => db.health(),
    close: () => {
      stopRenewing()
      stopHolding()
      return db.close()
    },
  }
}

/** `upTo`: the last migration to take, for a database as an earlier release left it. */
export function openDatabase(place: StorePlace, upTo?: string): Promise<Database> {
  return 'path' in place ? openFile(place.path, upTo) : openServer(place.url, upTo)
}

async function openFile(path: string, upTo: string | undefined): Promise<Database> {
  try {
    createPrivateFile(path)
    return await SqliteDatabase.open(path, upTo)
  } catch (error) {
    throw explainFailure(error, { code: 'OPEN_FAILED', action: 'open the database', path })
  }
}

/** The driver is loaded by those who use it. */
async function openServer(url: string, upTo: string | undefined): Promise<Database> {
  if (!isPostgresUrl(url))
    throw new StoreError('OPEN_FAILED', 'The address of the database must begin with postgres://')
  const { PostgresDatabase, explainOpening } = await import('./postgres/postgres-database.ts')
  try {
    return await PostgresDatabase.open(url, upTo)
  } catch (error) {
    throw explainOpening(error, url)
  }
}
