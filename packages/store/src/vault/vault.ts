/**
 * Named texts, encrypted at rest and kept for this user alone. Several processes may use one at once. All methods reject
 * with `StoreError` `VAULT_UNSAFE`, `VAULT_CORRUPT`, `VAULT_LOCKED` or `VAULT_FAILED`; no error holds a value.
 */
export interface Vault {
  get(name: string): Promise<string | null>
  /** Sorted. */
  names(): Promise<readonly string[]>
  /** Resolves when the value is on the disk; a process that ends before that leaves all as it was. */
  set(name: string, value: string): Promise<void>
  /** Tells whether there was one. */
  delete(name: string): Promise<boolean>
  /**
   * Runs `work` while nobody else, in this process or another, runs work under the same name. The system lets go of the
   * name when the process dies.
   */
  exclusively<Result>(name: string, work: () => Promise<Result>): Promise<Result>
}
