import { statSync } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import { importModule } from './import-module.ts'
import type { ModuleLocation } from './import-module.ts'
import { addRequired } from './required-files.ts'

/** When a file was last changed, in milliseconds since 1970; null = it is not there. */
export function changeTime(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null
}

/** The files of its own a plugin was last read from. */
export class OwnFiles {
  #root = ''
  #changedAt = new Map<string, number | null>()
  /** Told when a file is added, also by an import long after the read. */
  onAdd: () => void = () => {}

  /**
   * The files, and when each was last changed as it was read; null = it is imported but not there. Files that CommonJS
   * required after the read are noticed here, when somebody asks.
   */
  list(): ReadonlyMap<string, number | null> {
    for (const path of addRequired(this.#changedAt.keys(), this.#root))
      if (!this.#changedAt.has(path)) this.#changedAt.set(path, changeTime(path))
    return this.#changedAt
  }

  /** Reads a file that is text to the host, and notes it. */
  async readText(path: string): Promise<string> {
    this.#changedAt.set(path, changeTime(path))
    return readFile(path, 'utf8')
  }

  /** Imports a module and notes the files. An import that fails may not come to them all: those known before count on. */
  async import(location: ModuleLocation): Promise<unknown> {
    this.#root = await realpath(location.root)
    const seen = new Map<string, number | null>()
    const known = new Map(this.#changedAt)
    this.#changedAt = known
    const module = await importModule(location, ({ path, changedAt }) => {
      const added = !known.has(path)
      seen.set(path, changedAt)
      known.set(path, changedAt)
      if (added) this.onAdd()
    })
    this.#changedAt = seen
    return module
  }
}
