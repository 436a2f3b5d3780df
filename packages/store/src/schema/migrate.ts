import { Migrator } from 'kysely'
import type { Kysely } from 'kysely'
import type { Database } from '../database.ts'
import { StoreError } from '../store-error.ts'
import { migrationNames, migrationsFor } from './migrations.ts'
import type { Tables } from './tables.ts'

export interface MigrationRun {
  readonly kind: Database['kind']
  /** On a connection that others are kept from migrating beside. */
  readonly db: Kysely<Tables>
  /** The last step to take; default: all. */
  readonly upTo?: string
  /** Where PostgreSQL's tables are. */
  readonly schema?: string
}

/** Takes the steps that are missing. */
export async function migrate({ kind, db, upTo, schema }: MigrationRun): Promise<void> {
  const provider = { getMigrations: async () => ({ ...migrationsFor(kind) }) }
  const migrator = new Migrator({
    db,
    provider,
    ...(schema !== undefined && { migrationTableSchema: schema }),
  })
  const { error } = upTo === undefined ? await migrator.migrateToLatest() : await migrator.migrateTo(upTo)
  if (error !== undefined) throw error
}

/** Whether every step was taken. Throws `StoreError` `NEWER_SCHEMA` when a newer release has already gone further. */
export function isUpToDate(applied: readonly string[], name: string): boolean {
  const unknown = applied.find((step) => !migrationNames.includes(step))
  if (unknown !== undefined) {
    const text = `${name} was written by a newer release of agentproxy (it has "${unknown}"). Upgrade this one.`
    throw new StoreError('NEWER_SCHEMA', text)
  }
  return applied.length === migrationNames.length
}
