import { test as oneTest } from 'vitest'
import type { Database } from '../database.ts'
import { hasPostgres, NO_POSTGRES } from './test-postgres.ts'

let current: Database['kind'] = 'sqlite'

/** The database of the test that runs. */
export function databaseKind(): Database['kind'] {
  return current
}

/** A test that holds on both databases. */
export function test(name: string, body: () => Promise<void>): void {
  for (const kind of ['sqlite', 'postgres'] as const) {
    oneTest(`${name} [${kind}]`, async ({ skip }) => {
      if (kind === 'postgres' && !hasPostgres()) skip(NO_POSTGRES)
      current = kind
      await body()
    })
  }
}
