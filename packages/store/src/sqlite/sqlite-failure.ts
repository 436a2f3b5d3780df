import { StoreError } from '../store-error.ts'
import type { StoreErrorCode } from '../store-error.ts'

/** What was being done when SQLite failed. */
export interface FailedAction {
  readonly code: StoreErrorCode
  /** Completes "Could not ...", such as `append an event`. */
  readonly action: string
  readonly path: string
}

/** SQLite's result code by name, such as `SQLITE_BUSY`; empty when the error is none of SQLite's. */
function sqliteCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' && error.code.startsWith('SQLITE_') ? error.code : ''
}

/** Whether another connection had the database locked, so that the same call may work a moment later. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error).startsWith('SQLITE_BUSY')
}

/** SQLite's error as a `StoreError` that says what to do; errors that are not SQLite's come back as they are. */
export function explainFailure(error: unknown, failed: FailedAction): unknown {
  if (StoreError.is(error)) return error
  const code = sqliteCode(error)
  if (code === '' && failed.code !== 'OPEN_FAILED') return error
  const detail = error instanceof Error ? error.message : String(error)
  const message = `Could not ${failed.action} in ${failed.path}: ${detail}. ${adviceFor(code, failed.path)}`
  return new StoreError(isDamage(code) ? 'CORRUPT' : failed.code, message, { cause: error })
}

function isDamage(code: string): boolean {
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB'
}

function adviceFor(code: string, path: string): string {
  if (isDamage(code)) return `Move ${path} (and ${path}-wal, ${path}-shm) away, or put a backup in its place.`
  if (code === 'SQLITE_FULL') return 'Nothing was written. Free space on that disk, then try again.'
  if (code.startsWith('SQLITE_BUSY'))
    return 'Another process keeps it locked. End that process, then try again.'
  if (code.startsWith('SQLITE_CONSTRAINT'))
    return 'Nothing was written: the entry is there already or breaks a rule.'
  return 'Check that the folder exists, is writable and is on a local disk with free space.'
}
