import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { StoreError } from '../store-error.ts'
import { holdLock } from './lock-file.ts'
import { quarantine, readEntries, writeEntries } from './vault-file.ts'
import type { Entries } from './vault-file.ts'
import { makeVaultFolder } from './vault-folder.ts'
import type { Vault } from './vault.ts'

export interface VaultOptions {
  /** Its folder, made with mode 0700 at the first write. */
  readonly dir: string
}

/** A vault in files. Nothing is opened or made before its first use, and nothing stays open between uses. */
export function openVault({ dir }: VaultOptions): Vault {
  const underLock = async <Result>(lock: string, work: () => Promise<Result>): Promise<Result> => {
    await makeVaultFolder(dir)
    return holdLock(join(dir, lock), work)
  }
  // Reading takes no lock: the file is replaced whole. What looks damaged is looked at again where nobody writes.
  const read = async (): Promise<Entries> => {
    try {
      return await readEntries(dir)
    } catch (error) {
      if (!isDamage(error)) throw error
      return await underLock('vault.lock', () => quarantining(dir, () => readEntries(dir)))
    }
  }
  const change = (edit: (entries: Map<string, string>) => boolean): Promise<boolean> =>
    underLock('vault.lock', () =>
      quarantining(dir, async () => {
        const entries = new Map(await readEntries(dir))
        const changed = edit(entries)
        if (changed) await writeEntries(dir, entries)
        return changed
      }),
    )
  return {
    get: async (name) => (await read()).get(name) ?? null,
    names: async () => [...(await read()).keys()].toSorted(),
    set: async (name, value) => void (await change((entries) => entries.set(name, value).has(name))),
    delete: async (name) => (await read()).has(name) && (await change((entries) => entries.delete(name))),
    exclusively: (name, work) => underLock(`${shortHash(name)}.lock`, work),
  }
}

/** Call it with the vault locked. */
async function quarantining<Result>(dir: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw isDamage(error) ? await quarantine(dir, error) : error
  }
}

function isDamage(error: unknown): error is StoreError {
  return StoreError.is(error) && error.code === 'VAULT_CORRUPT'
}

/** Names hold what file names may not. */
function shortHash(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16)
}
