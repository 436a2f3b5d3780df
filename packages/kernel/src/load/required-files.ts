import { createRequire } from 'node:module'
import { sep } from 'node:path'

const { cache } = createRequire(import.meta.url)

/** CommonJS files are cached by path alone; forget the plugin's own so that the new generation reads them again. */
export function forgetRequired(root: string): void {
  for (const file of Object.keys(cache)) if (isOwn(file, root)) delete cache[file]
}

/** Adds to a plugin's own files those that they have required by now. */
export function addRequired(files: Iterable<string>, root: string): ReadonlySet<string> {
  const found = new Set(files)
  // A set that grows while it is walked is walked to its new end.
  for (const file of found)
    for (const { filename } of cache[file]?.children ?? []) if (isOwn(filename, root)) found.add(filename)
  return found
}

/** Whether it lies in the plugin's folder, and not in a package installed there. */
function isOwn(file: string, root: string): boolean {
  return file.startsWith(`${root}${sep}`) && !file.slice(root.length).includes(`${sep}node_modules${sep}`)
}
