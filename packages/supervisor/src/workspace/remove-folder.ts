import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Removes a folder with all below, also where something made parts of it read-only. Links are removed, not followed. */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    // -R follows no link below its argument.
    await run('chmod', ['-R', 'u+rwX', '--', folder])
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
