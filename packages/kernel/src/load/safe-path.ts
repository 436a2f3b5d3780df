import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PluginError } from '@agentproxy/plugin'

const WRITABLE_BY_OTHERS = 0o022
/** Installed packages are taken on trust, and nothing is run out of a repository's own folder. */
const NOT_OURS: ReadonlySet<string> = new Set(['node_modules', '.git'])

/**
 * Throws PLUGIN_UNSAFE where somebody else could change what is about to be run: a file or folder that belongs to neither
 * this user nor root, or that its group or everybody may write. A folder's whole content is looked at, but for installed
 * packages. Windows has no such modes: nothing is refused there.
 */
export async function refuseUnsafe(path: string): Promise<void> {
  await refuseEntry(path)
  const found = await lstat(path)
  if (!found.isDirectory()) return
  for (const entry of await readdir(path))
    if (!NOT_OURS.has(entry)) await refuseUnsafe(join(path, entry)).catch(unlessGone)
}

/** The same for a file or folder alone, whatever is in it. */
export async function refuseEntry(path: string): Promise<void> {
  if (process.getuid === undefined) return
  const found = await lstat(path)
  // The mode of a link says nothing; what it leads to is its owner's choice.
  if (!isOurs(found.uid, process.getuid()))
    throw unsafe(
      path,
      `it belongs to another user (${found.uid}); take it over with: chown ${process.getuid()} ${path}`,
    )
  if (!found.isSymbolicLink() && (found.mode & WRITABLE_BY_OTHERS) !== 0)
    throw unsafe(path, `other users may write to it; close it with: chmod go-w ${path}`)
}

/** A file that went while the folder was looked at cannot be run. */
function unlessGone(thrown: unknown): void {
  if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
}

function isOurs(owner: number, user: number): boolean {
  return owner === user || owner === 0
}

function unsafe(path: string, why: string): PluginError {
  return new PluginError('PLUGIN_UNSAFE', `nothing is loaded from ${path}: ${why}`)
}
