import { statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Logger } from '@agentproxy/plugin'
import { dependencyNames } from '../lifecycle/generation.ts'
import type { PluginRecord } from '../lifecycle/plugin-record.ts'
import { changeTime } from '../load/own-files.ts'
import { FolderWatches } from './folder-watches.ts'

export interface HotReloadOptions {
  /** All plugins there are, in load order. */
  readonly records: ReadonlyMap<string, PluginRecord>
  /** Files, and folders of files, that all plugins read from files share. */
  readonly sharedPaths: readonly string[]
  /** Milliseconds without a further change after which plugins are reloaded. */
  readonly delayMs: number
  readonly log: Logger
  /** Reloads a plugin that is not unloaded, and reports by itself what fails. */
  reload(plugin: string): Promise<void>
}

/** Names editors give to what they keep for themselves beside a file. */
export const EDITOR_FILE = /^\.|~$|\.sw[a-z]$|^4913$|\.tmp$/

/**
 * Reloads plugins when a file they were read from changes. Changes that come close together, or while a reload runs,
 * make one reload after the last of them; a failed reload is tried again with the next change.
 */
export class HotReload {
  readonly #options: HotReloadOptions
  readonly #sharedPaths: ReadonlySet<string>
  readonly #folders: FolderWatches
  /** Plugins by the files they were read from. */
  #readers: ReadonlyMap<string, ReadonlySet<string>> = new Map()
  readonly #changed = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #running = false
  #closed = false

  constructor(options: HotReloadOptions) {
    this.#options = options
    this.#sharedPaths = new Set(options.sharedPaths.map((path) => resolve(path)))
    this.#folders = new FolderWatches({
      changed: (folder, entry) => this.#hear(join(folder, entry)),
      unsure: (folder) => {
        for (const path of [...this.#readers.keys(), ...this.#sharedPaths])
          if (path === folder || dirname(path) === folder) this.#hear(path)
      },
      refused: (folder, reason) =>
        options.log.warn('a folder cannot be watched; plugins read from it are not reloaded by themselves', {
          folder,
          reason,
        }),
    })
  }

  get watchedFolders(): number {
    return this.#folders.size
  }

  /** Watches the files of the plugins there are now. */
  sync(): void {
    if (this.#closed) return
    const before = this.#readers
    const readers = new Map<string, Set<string>>()
    const added: { readonly name: string; readonly path: string; readonly changedAt: number | null }[] = []
    for (const { name, files } of this.#plugins()) {
      files.onAdd = () => this.sync()
      for (const [path, changedAt] of files.list()) {
        readers.set(path, (readers.get(path) ?? new Set()).add(name))
        if (!before.has(path)) added.push({ name, path, changedAt })
      }
    }
    this.#readers = readers
    const own = [...readers.keys()].map((path) => dirname(path))
    const shared = readers.size === 0 ? [] : [...this.#sharedPaths].map(folderOf)
    this.#folders.keep(new Set([...own, ...shared]))
    // They may have changed after they were read and before they were watched.
    for (const { name, path, changedAt } of added) if (changeTime(path) !== changedAt) this.#note([name])
  }

  /** Ends all watching, for good. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#changed.clear()
    this.#folders.keep(new Set())
  }

  *#plugins() {
    for (const { name, status, source } of this.#options.records.values())
      if (status !== 'unloaded' && source.files !== null) yield { name, files: source.files }
  }

  #hear(path: string): void {
    const readers = this.#readers.get(path)
    if (readers !== undefined) return this.#note(readers)
    const shared = this.#sharedPaths.has(path) || this.#sharedPaths.has(dirname(path))
    if (shared && !EDITOR_FILE.test(basename(path))) this.#note([...this.#plugins()].map(({ name }) => name))
  }

  #note(plugins: Iterable<string>): void {
    for (const plugin of plugins) this.#changed.add(plugin)
    if (this.#running || this.#closed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#run(), this.#options.delayMs).unref()
  }

  async #run(): Promise<void> {
    this.#running = true
    // In load order, so that of two that changed the one the other needs comes first.
    const due = [...this.#options.records.keys()].filter((name) => this.#changed.delete(name))
    this.#changed.clear()
    for (const name of due) {
      if (this.#closed) break
      const wasBroken = this.#options.records.get(name)?.status !== 'active'
      await this.#options.reload(name)
      if (wasBroken && this.#options.records.get(name)?.status === 'active') this.wakeDependents(name)
    }
    this.#running = false
    if (this.#changed.size > 0) this.#note([])
  }

  /** Tries those again that failed, or were disabled, because this plugin was or was not there. */
  wakeDependents(mended: string): void {
    for (const { name, status, definition, source } of this.#options.records.values()) {
      const waits =
        (status === 'failed' || status === 'disabled') && source.files !== null && definition !== null
      if (waits && dependencyNames(definition).includes(mended)) this.#note([name])
    }
  }
}

/** Where to watch for a path: itself where it is a folder, else the folder it is in. */
function folderOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : dirname(path)
}
