import { createCommands } from './commands.ts'
import { Connection } from './connection.ts'
import { createEvents } from './events.ts'
import { createEvidence } from './evidence.ts'
import { createExchanges } from './exchanges.ts'
import { createKeys } from './keys.ts'
import { createLeases } from './leases.ts'
import { migrate } from './migrate.ts'
import { createPrivateFile } from './private-file.ts'
import { createResponses } from './responses.ts'
import { createSessions } from './sessions.ts'
import { explainFailure } from './sqlite-failure.ts'
import type { Store } from './store.ts'
import { createValues } from './values.ts'

/**
 * Opens the SQLite file at `path`, creating it and its folder (for their owner only) when missing. Several processes may
 * have the same file open. Throws `StoreError` `OPEN_FAILED`, `NEWER_SCHEMA` or `CORRUPT`.
 */
export async function openStore({ path }: { readonly path: string }): Promise<Store> {
  const db = await connect(path)
  return {
    sessions: createSessions(db),
    events: createEvents(db),
    commands: createCommands(db),
    evidence: createEvidence(db),
    exchanges: createExchanges(db),
    keys: createKeys(db),
    responses: createResponses(db),
    leases: createLeases(db),
    values: createValues(db),
    close: () => db.close(),
  }
}

async function connect(path: string): Promise<Connection> {
  let db: Connection | null = null
  try {
    createPrivateFile(path)
    db = new Connection(path)
    await db.configure()
    await migrate(db)
    return db
  } catch (error) {
    await db?.close()
    throw explainFailure(error, { code: 'OPEN_FAILED', action: 'open the database', path })
  }
}
