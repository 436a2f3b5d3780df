import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's own folder. */
export const root = fileURLToPath(new URL('..', import.meta.url))

const NOT_OURS = ['node_modules', 'dist', '.git', '.cache']

/** Files below a folder whose names end so, without what was installed or built. */
export function filesEnding(dir: string, ending: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.includes(entry.name)) return []
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return filesEnding(path, ending)
    return entry.name.endsWith(ending) ? [path] : []
  })
}
