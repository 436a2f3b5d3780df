import { setTimeout as sleep } from 'node:timers/promises'
import Libsql from 'libsql'
import { createPrivateFile } from '../private-file.ts'
import { isBusy } from '../sqlite/sqlite-failure.ts'
import { StoreError } from '../store-error.ts'
import { vaultFailure } from './vault-folder.ts'

const POLL_MS = 20
/** Milliseconds to wait for a lock; longer than whoever holds one may take. */
const LIMIT_MS = 60_000

/**
 * Runs `work` with the lock held. The lock is the operating system's, taken through an empty SQLite file, which also
 * keeps the holders within one process apart: it goes with its process, so none is ever stale. Throws `StoreError` `VAULT_LOCKED`.
 */
export async function holdLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  const lock = openLock(file)
  try {
    const deadline = Date.now() + LIMIT_MS
    while (!tryLock(lock, file)) {
      if (Date.now() > deadline) throw locked(file)
      await sleep(POLL_MS / 2 + Math.random() * POLL_MS)
    }
    return await work()
  } finally {
    lock.close()
  }
}

function openLock(file: string): InstanceType<typeof Libsql> {
  try {
    createPrivateFile(file)
    const lock = new Libsql(file)
    // Waiting is ours: SQLite's own would stop the whole thread, and with it a holder in this process.
    lock.exec('pragma busy_timeout = 0')
    return lock
  } catch (cause) {
    throw vaultFailure('open the lock', file, cause)
  }
}

function tryLock(lock: InstanceType<typeof Libsql>, file: string): boolean {
  try {
    lock.exec('begin immediate')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw vaultFailure('take the lock', file, error)
  }
}

function locked(file: string): StoreError {
  const text = `Another process has held ${file} for over ${LIMIT_MS / 1000} s. Wait for it, or end it, then try again.`
  return new StoreError('VAULT_LOCKED', text)
}
