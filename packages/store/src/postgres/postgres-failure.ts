import { DatabaseError } from 'pg'
import { StoreError } from '../store-error.ts'
import type { StoreErrorCode } from '../store-error.ts'

/** The connection could not be made, or broke while it was used. */
export class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message || cause.name : String(cause), { cause })
    this.name = 'ConnectionLost'
  }
}

/** The connection broke while a transaction was being ended, so that nobody knows whether it was kept. */
export class CommitUnknown extends Error {}

export interface FailedAction {
  readonly code: StoreErrorCode
  /** Completes "Could not ...", such as `append an event`. */
  readonly action: string
  readonly name: string
}

/** PostgreSQL's SQLSTATE; empty when the error is none of the server's. */
function sqlState(error: unknown): string {
  return error instanceof DatabaseError ? (error.code ?? '') : ''
}

/** What the driver throws: the server's own word, or a connection that is no more. */
export function fromDriver(error: unknown): unknown {
  return sqlState(error) === '' ? new ConnectionLost(error) : error
}

/** Two transactions were in each other's way, and this one was undone. */
export function isConflict(error: unknown): boolean {
  return ['40001', '40P01'].includes(sqlState(error))
}

/** The server cannot be reached, is shutting down or starting, or has no connection left. */
export function isOutage(error: unknown): boolean {
  return error instanceof ConnectionLost || /^(?:08|57P0[1-5]|53300)/.test(sqlState(error))
}

/** An error of server or driver as a `StoreError` that says what to do; others come back as they are. */
export function explainFailure(error: unknown, failed: FailedAction): unknown {
  if (StoreError.is(error)) return error
  const state = sqlState(error)
  const isUnknown = error instanceof CommitUnknown
  if (state === '' && !isUnknown && !isOutage(error) && failed.code !== 'OPEN_FAILED') return error
  const detail = error instanceof Error ? error.message : String(error)
  const code = codeFor(error, state, failed.code)
  const message = `Could not ${failed.action} in ${failed.name}: ${detail}. ${adviceFor(error, state)}`
  return new StoreError(code, message, { cause: error })
}

function codeFor(error: unknown, state: string, otherwise: StoreErrorCode): StoreErrorCode {
  if (error instanceof CommitUnknown || isOutage(error))
    return otherwise === 'OPEN_FAILED' ? otherwise : 'UNAVAILABLE'
  return state.startsWith('XX00') ? 'CORRUPT' : otherwise
}

function adviceFor(error: unknown, state: string): string {
  if (error instanceof CommitUnknown)
    return 'The connection broke at the end of the write: look whether it was kept before you repeat it.'
  if (isOutage(error)) return 'Check that the server runs and can be reached; nothing was written.'
  if (state.startsWith('28')) return 'Check user and password in the address.'
  if (state === '3D000') return 'Create that database first, such as with: createdb agentproxy'
  if (state.startsWith('42501')) return 'Give the user the right to create and use tables there.'
  if (state === '53100') return "Nothing was written. Free space on the server's disk, then try again."
  if (state.startsWith('23')) return 'Nothing was written: the entry is there already or breaks a rule.'
  if (state.startsWith('XX00')) return 'The server reports damaged data: put a backup in its place.'
  return "Nothing was written. The server's log tells more."
}
