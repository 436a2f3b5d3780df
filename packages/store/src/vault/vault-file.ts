import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../store-error.ts'
import { seal, unseal } from './seal.ts'
import { isErrno, vaultFailure } from './vault-folder.ts'
import { keyFile, makeKey, readKey } from './vault-key.ts'

export type Entries = ReadonlyMap<string, string>

const vaultFile = (dir: string): string => join(dir, 'vault.sealed')

/** All entries; none where there is no vault yet. Throws `StoreError` `VAULT_CORRUPT` where the file is not as it was written. */
export async function readEntries(dir: string): Promise<Entries> {
  const file = vaultFile(dir)
  let sealed: Buffer
  try {
    sealed = await readFile(file)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return new Map()
    throw vaultFailure('read', file, error)
  }
  const key = await readKey(dir)
  if (key === null) throw new StoreError('VAULT_CORRUPT', `its key ${keyFile(dir)} is gone`)
  const entries = unseal(sealed, key)
  if (entries === null) throw new StoreError('VAULT_CORRUPT', 'it was damaged or changed, or has another key')
  return entries
}

/** Replaces the file as a whole, on the disk before this resolves. Call it with the vault locked. */
export async function writeEntries(dir: string, entries: Entries): Promise<void> {
  const file = vaultFile(dir)
  // One name for all drafts: whoever holds the lock overwrites what a killed writer left.
  const draft = `${file}.draft`
  const sealed = seal(entries, (await readKey(dir)) ?? (await makeKey(dir)))
  try {
    const handle = await open(draft, 'w', 0o600)
    try {
      await handle.writeFile(sealed)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
    await syncFolder(dir)
  } catch (error) {
    throw vaultFailure('write', file, error)
  }
}

/** Moves what cannot be read out of the way, key and all, so that a new vault can be begun. Gives the error to tell. */
export async function quarantine(dir: string, damage: StoreError): Promise<StoreError> {
  const suffix = `.corrupt-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  const file = vaultFile(dir)
  await moveIfThere(file, `${file}${suffix}`)
  await moveIfThere(keyFile(dir), `${keyFile(dir)}${suffix}`)
  return new StoreError(
    'VAULT_CORRUPT',
    `The vault ${file} cannot be read: ${damage.message}. It was moved to ${file}${suffix}; set secrets and log in again, or put back a copy.`,
  )
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw vaultFailure('move away', from, error)
  }
}

/** A rename is on the disk only once its folder is. */
async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
