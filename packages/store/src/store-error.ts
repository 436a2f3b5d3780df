/**
 * OPEN_FAILED: the database cannot be opened or created. NEWER_SCHEMA: a newer release wrote it. CORRUPT: it is no database, or
 * a damaged one. LEASE_HELD: another live process runs the session. LEASE_LOST: the writer's lease is outdated or given
 * back. NOT_FOUND: no such session. READ_FAILED, WRITE_FAILED: the database refused, and nothing of that write was kept.
 * UNAVAILABLE: the database's server cannot be reached. CLOSED: used after `close`. VAULT_UNSAFE: others can read the vault's key. VAULT_CORRUPT: the vault cannot be decrypted
 * and was moved away. VAULT_LOCKED: another process holds it too long. VAULT_FAILED: the system refused a file operation.
 */
export type StoreErrorCode =
  | 'OPEN_FAILED'
  | 'NEWER_SCHEMA'
  | 'CORRUPT'
  | 'LEASE_HELD'
  | 'LEASE_LOST'
  | 'NOT_FOUND'
  | 'READ_FAILED'
  | 'WRITE_FAILED'
  | 'UNAVAILABLE'
  | 'CLOSED'
  | 'VAULT_UNSAFE'
  | 'VAULT_CORRUPT'
  | 'VAULT_LOCKED'
  | 'VAULT_FAILED'

const MARKER = Symbol.for('agentproxy.StoreError')

/** Any failure of the store. Test with `StoreError.is`, which also knows errors of another copy of this package. */
export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly [MARKER] = true

  constructor(code: StoreErrorCode, message: string, details: { readonly cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'StoreError'
    this.code = code
  }

  static is(value: unknown): value is StoreError {
    return typeof value === 'object' && value !== null && MARKER in value
  }
}
