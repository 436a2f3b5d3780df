/** Where plugin storage is kept: small JSON values by room and key. */
export interface StorageBackend {
  get(room: string, key: string): Promise<unknown>
  set(room: string, key: string, value: unknown): Promise<void>
  delete(room: string, key: string): Promise<boolean>
  keys(room: string): Promise<readonly string[]>
}
