import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'

const SKIPPED = new Set(['node_modules', 'dist', 'build', 'vendor'])

/** Files below a folder with one of these endings, as paths relative to `root`. Links are not followed; none if it is not there. */
export async function* sourceFiles(
  root: string,
  folder: string,
  endings: readonly string[],
): AsyncGenerator<string> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !SKIPPED.has(entry.name) && !entry.name.startsWith('.'))
      yield* sourceFiles(root, path, endings)
    else if (entry.isFile() && endings.includes(extname(entry.name))) yield path
  }
}
