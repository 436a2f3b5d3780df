import { access, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A command a project suggests, and the file and line of thought behind it. */
export interface Clue {
  readonly command: string
  readonly because: string
}

/** The files at the root of a project. What cannot be read is not there. */
export interface ProjectFiles {
  has(path: string): Promise<boolean>
  /** The first of them that is there. */
  firstOf(paths: readonly string[]): Promise<string | null>
  /** Its text, or '' without it. */
  text(path: string): Promise<string>
  /** Names in a folder, or none. */
  list(path: string): Promise<readonly string[]>
}

export function openProject(dir: string): ProjectFiles {
  const has = (path: string): Promise<boolean> =>
    access(join(dir, path)).then(
      () => true,
      () => false,
    )
  return {
    has,
    async firstOf(paths) {
      for (const path of paths) if (await has(path)) return path
      return null
    },
    text: (path) => readFile(join(dir, path), 'utf8').catch(() => ''),
    list: (path) => readdir(join(dir, path)).catch(() => []),
  }
}
