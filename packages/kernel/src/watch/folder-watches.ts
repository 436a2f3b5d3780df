import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { basename } from 'node:path'
import { textOf } from '../text-of.ts'

/** Milliseconds after which a folder that could not be watched is tried again. */
const RETRY_MS = 500

export interface FolderListener {
  /** An entry of the folder was changed, made, removed or renamed. */
  changed(folder: string, entry: string): void
  /** What happened in the folder cannot be told: it was away, or the system gave no name. */
  unsure(folder: string): void
  /** The folder is there, but the system refuses to watch it. Told once. */
  refused(folder: string, reason: string): void
}

/**
 * Watches exactly the folders asked for. Folders, not files: editors save by renaming a new file over the old one, and a
 * watch on the file would stay with the old. Nothing here keeps the process running.
 */
export class FolderWatches {
  readonly #listener: FolderListener
  readonly #watchers = new Map<string, FSWatcher>()
  /** Asked for, but not there. */
  readonly #missing = new Set<string>()
  #retry: NodeJS.Timeout | undefined

  constructor(listener: FolderListener) {
    this.#listener = listener
  }

  /** Watchers that are open. */
  get size(): number {
    return this.#watchers.size
  }

  /** Watches these folders and no others. */
  keep(folders: ReadonlySet<string>): void {
    for (const folder of Array.from(this.#watchers.keys())) if (!folders.has(folder)) this.#close(folder)
    for (const folder of Array.from(this.#missing)) if (!folders.has(folder)) this.#missing.delete(folder)
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#open(folder)
    this.#armRetry()
  }

  #open(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false })
      watcher.on('change', (kind, name) => this.#hear(folder, kind, name === null ? null : String(name)))
      watcher.on('error', () => this.#lose(folder))
      this.#watchers.set(folder, watcher)
      if (this.#missing.delete(folder)) this.#listener.unsure(folder)
    } catch (error) {
      const told = this.#missing.has(folder)
      this.#missing.add(folder)
      if (!told && (error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#listener.refused(folder, textOf(error))
    }
  }

  #hear(folder: string, kind: string, entry: string | null): void {
    if (entry === null) this.#listener.unsure(folder)
    // A folder that is itself removed or replaced is told under its own name; the watch stays with the old one.
    else if (kind === 'rename' && entry === basename(folder)) this.#lose(folder)
    else this.#listener.changed(folder, entry)
  }

  #lose(folder: string): void {
    this.#close(folder)
    this.#missing.add(folder)
    this.#open(folder)
    this.#armRetry()
  }

  #close(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }

  #armRetry(): void {
    clearTimeout(this.#retry)
    if (this.#missing.size === 0) return
    this.#retry = setTimeout(() => {
      for (const folder of Array.from(this.#missing)) this.#open(folder)
      this.#armRetry()
    }, RETRY_MS).unref()
  }
}
