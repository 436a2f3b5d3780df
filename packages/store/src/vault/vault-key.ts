import { randomBytes } from 'node:crypto'
import { link, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../store-error.ts'
import { isErrno, vaultFailure } from './vault-folder.ts'

const KEY_BYTES = 32

/** The key as it is; null = there is none. Throws `StoreError` `VAULT_UNSAFE`, `VAULT_CORRUPT` or `VAULT_FAILED`. */
export async function readKey(dir: string): Promise<Buffer | null> {
  const file = keyFile(dir)
  let key: Buffer
  let mode: number
  try {
    key = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64url')
    mode = (await stat(file)).mode
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw vaultFailure('read the key', file, error)
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new StoreError(
      'VAULT_UNSAFE',
      `Other users can read ${file}, the key to all kept secrets. Run: chmod 600 ${file}. If they may have done so, change the secrets and log in again.`,
    )
  if (key.length === KEY_BYTES) return key
  throw new StoreError('VAULT_CORRUPT', `${file} holds no key`)
}

/** Makes the key where there is none. Call it with the vault locked. It gets its name once it is on the disk. */
export async function makeKey(dir: string): Promise<Buffer> {
  const file = keyFile(dir)
  const draft = `${file}.draft`
  const key = randomBytes(KEY_BYTES)
  try {
    await rm(draft, { force: true })
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(`${key.toString('base64url')}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await link(draft, file)
    await rm(draft)
    return key
  } catch (error) {
    throw vaultFailure('write the key', file, error)
  }
}

export function keyFile(dir: string): string {
  return join(dir, 'vault.key')
}
