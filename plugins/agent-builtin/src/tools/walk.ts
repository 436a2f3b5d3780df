import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

const IGNORED = new Set(['.git', 'node_modules'])

/**
 * Regular files below a folder, as paths relative to it, in the order of their names. Skips `.git` and `node_modules`,
 * follows no symbolic link and passes by folders that cannot be read.
 */
export async function* walk(folder: string, prefix = ''): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (prefix === '') throw error
    return []
  })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    if (entry.isDirectory()) {
      if (!IGNORED.has(entry.name)) yield* walk(join(folder, entry.name), `${prefix}${entry.name}/`)
    } else if (entry.isFile()) {
      yield prefix + entry.name
    }
  }
}
