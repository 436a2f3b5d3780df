import { Migrator } from 'kysely'
import type { Connection } from './connection.ts'
import { migrations } from './migrations.ts'
import { StoreError } from './store-error.ts'

/** Brings the schema up to date. Throws `StoreError` `NEWER_SCHEMA` when a newer release has already gone further. */
export async function migrate(db: Connection): Promise<void> {
  await db.retryWhileBusy(async () => {
    if (!isUpToDate(db)) await migrateInTransaction(db)
  })
}

// One transaction around the whole run: Kysely takes no lock on SQLite, and two processes may open a new file at once.
async function migrateInTransaction(db: Connection): Promise<void> {
  await db.query.connection().execute(async (connection) => {
    db.execute('begin immediate')
    try {
      if (!isUpToDate(db)) {
        const migrator = new Migrator({
          db: connection,
          provider: { getMigrations: async () => ({ ...migrations }) },
        })
        const { error } = await migrator.migrateToLatest()
        if (error !== undefined) throw error
      }
      db.execute('commit')
    } catch (error) {
      db.rollback()
      throw error
    }
  })
}

function isUpToDate(db: Connection): boolean {
  const applied = appliedMigrations(db)
  const unknown = applied.find((name) => !(name in migrations))
  if (unknown !== undefined) {
    const text = `${db.path} was written by a newer release of agentproxy (it has "${unknown}"). Upgrade this one.`
    throw new StoreError('NEWER_SCHEMA', text)
  }
  return applied.length === Object.keys(migrations).length
}

function appliedMigrations(db: Connection): readonly string[] {
  const table = db.query.selectFrom('sqlite_master').select('name').where('name', '=', 'kysely_migration')
  if (db.first(table) === undefined) return []
  return db.rows(db.query.selectFrom('kysely_migration').select('name')).map((row) => row.name)
}
