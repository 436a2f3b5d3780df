import { chmod, mkdir } from 'node:fs/promises'
import { StoreError } from '../store-error.ts'

/** Makes the folder, for its owner only. Throws `StoreError` `VAULT_FAILED`. */
export async function makeVaultFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await chmod(dir, 0o700)
  } catch (cause) {
    throw vaultFailure('make the folder', dir, cause)
  }
}

/** What the system refused, in words. */
export function vaultFailure(action: string, path: string, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const text = `Cannot ${action} ${path}: ${reason}. Check its owner, its mode and the free space, then try again.`
  return new StoreError('VAULT_FAILED', text, { cause })
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
