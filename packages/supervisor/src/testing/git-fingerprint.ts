import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Everything in a person's .git with its content, so that a single changed byte shows. */
export function gitFingerprint(folder: string): Record<string, string> {
  const root = join(folder, '.git')
  const entries = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted()
  return Object.fromEntries(
    entries.map((path) => {
      const file = join(root, path)
      return [
        path,
        statSync(file).isFile() ? createHash('sha256').update(readFileSync(file)).digest('hex') : 'folder',
      ]
    }),
  )
}
