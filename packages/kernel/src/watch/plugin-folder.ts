import { readdir } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import type { Logger } from '@agentproxy/plugin'
import type { PluginRecord } from '../lifecycle/plugin-record.ts'
import type { FoundPlugin } from '../load/discover.ts'
import { discoverFolder, isPluginFolderName } from '../load/discover-folder.ts'
import type { LoadReport } from '../load/load-all.ts'
import { textOf } from '../text-of.ts'
import { FolderWatches } from './folder-watches.ts'
import { EDITOR_FILE } from './hot-reload.ts'

export interface PluginFolderOptions {
  /** A whole path. It need not be there yet. */
  readonly folder: string
  /** What was found in it before, loaded or not. */
  readonly tried: readonly FoundPlugin[]
  readonly records: ReadonlyMap<string, PluginRecord>
  readonly log: Logger
  /** Milliseconds without a further change after which the folder is looked at. */
  readonly delayMs: number
  /** Runs a look at the folder so that no other change of the set of plugins overlaps it. */
  readonly exclusive: (look: () => Promise<void>) => Promise<void>
  readonly load: (found: readonly FoundPlugin[]) => Promise<LoadReport>
  readonly forget: (plugin: string) => Promise<unknown>
  /** Told of what was loaded, once all of it is. */
  readonly loaded: (plugins: readonly string[]) => void
}

/** However busy the folder is, it is looked at so many milliseconds after the first change. */
const LONGEST_WAIT_MS = 500

/**
 * Keeps the plugins in step with a folder: what is put in is loaded, what is taken out is unloaded. Edits of what was
 * read once are hot reload's; what could not be read, or was left out, is tried again with the next change of its own.
 */
export class PluginFolder {
  readonly #options: PluginFolderOptions
  readonly #watches: FolderWatches
  /** Files and folders that were tried and had no change since. */
  readonly #tried = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #firstChangeAt: number | null = null
  #problem = ''
  #closed = false

  constructor(options: PluginFolderOptions) {
    this.#options = options
    this.#watches = new FolderWatches({
      changed: (folder, entry) => {
        if (!EDITOR_FILE.test(entry)) this.retry(join(folder, entry))
      },
      unsure: () => {
        this.#tried.clear()
        this.#schedule()
      },
      refused: (folder, reason) =>
        options.log.warn('a folder cannot be watched; what is put into it is not loaded by itself', {
          folder,
          reason,
        }),
    })
    for (const { source } of options.tried) this.#tried.add(source.origin)
    this.#watches.keep(new Set([options.folder]))
    // Something may have been put in since it was read and before it was watched.
    this.#schedule()
  }

  get watchedFolders(): number {
    return this.#watches.size
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#watches.keep(new Set())
  }

  /** Whether a plugin is in this folder's care, and not one from elsewhere. */
  holds({ source }: PluginRecord): boolean {
    return dirname(source.origin) === this.#options.folder
  }

  /** Has a file or folder in it, or a file deeper down, tried again. */
  retry(path: string): void {
    const [first = ''] = path.slice(this.#options.folder.length + 1).split(sep)
    this.#tried.delete(join(this.#options.folder, first))
    this.#schedule()
  }

  #schedule(): void {
    if (this.#closed) return
    this.#firstChangeAt ??= performance.now()
    const left = this.#firstChangeAt + LONGEST_WAIT_MS - performance.now()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => {
        this.#firstChangeAt = null
        void this.#lookAlone()
      },
      Math.max(0, Math.min(this.#options.delayMs, left)),
    ).unref()
  }

  async #lookAlone(): Promise<void> {
    const { exclusive, log, folder } = this.#options
    await exclusive(() => this.#look()).catch((thrown: unknown) =>
      log.error('the folder of plugins could not be looked at', { folder, reason: textOf(thrown) }),
    )
  }

  async #look(): Promise<void> {
    if (this.#closed) return
    const found = await this.#discover()
    if (found === null) return
    await this.#watchWithin()
    const present = new Set(found.map(({ source }) => source.origin))
    for (const record of this.#records()) {
      if (present.has(record.source.origin)) continue
      await this.#options.forget(record.name)
      // What had the same name, or needed it, gets its turn.
      this.#tried.clear()
    }
    const due = found.filter(({ source }) => this.#take(source.origin))
    if (due.length > 0) await this.#load(due)
  }

  /** What is in the folder; null = that cannot be told now. A folder that is gone is empty. */
  async #discover(): Promise<readonly FoundPlugin[] | null> {
    const { folder, log, forget, records } = this.#options
    try {
      const found = await discoverFolder(folder)
      this.#problem = ''
      // The folder itself could not be read before, and was remembered as a plugin that failed.
      for (const { name, source } of records.values()) if (source.origin === folder) await forget(name)
      return found
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
      if (this.#problem !== textOf(thrown)) log.warn(textOf(thrown), { folder })
      this.#problem = textOf(thrown)
      return null
    }
  }

  /** A folder of which a part is missing is completed by a change within it. */
  async #watchWithin(): Promise<void> {
    const { folder } = this.#options
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    const within = entries.filter((entry) => entry.isDirectory() && isPluginFolderName(entry.name))
    if (!this.#closed) this.#watches.keep(new Set([folder, ...within.map(({ name }) => join(folder, name))]))
  }

  #records(): readonly PluginRecord[] {
    return [...this.#options.records.values()].filter((record) => this.holds(record))
  }

  /**
   * Whether it is to be tried now: it was not read yet, and something of it changed since it was tried. What somebody
   * unloaded by hand was read, and stays unloaded.
   */
  #take(path: string): boolean {
    const wasRead = this.#records().some(
      ({ source, definition }) => source.origin === path && definition !== null,
    )
    if (wasRead || this.#tried.has(path)) return false
    this.#tried.add(path)
    return true
  }

  async #load(due: readonly FoundPlugin[]): Promise<void> {
    const { load, log, forget, loaded } = this.#options
    const report = await load(due)
    for (const { name, taken, ignored } of report.duplicates)
      log.warn(`plugin ${name} was found twice: ${taken} is used, ${ignored} is not`)
    // All other failures are told where they happen.
    for (const { name, origin, code, reason } of report.failed)
      if (code === 'PLUGIN_DUPLICATE')
        log.warn('a plugin is left out', { plugin: name, file: origin, reason })
    const failed = new Set(report.failed.map(({ origin }) => origin))
    const tried = new Set(due.map(({ source }) => source.origin))
    // One that failed under the name of its file may be readable now and left out by the filters.
    for (const { name, source, status, definition } of this.#records())
      if (
        status === 'failed' &&
        definition === null &&
        tried.has(source.origin) &&
        !failed.has(source.origin)
      )
        await forget(name)
    loaded(report.loaded.map(({ name }) => name))
  }
}
