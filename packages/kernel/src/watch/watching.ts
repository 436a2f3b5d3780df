import { PluginError } from '@agentproxy/plugin'
import type { Logger } from '@agentproxy/plugin'
import type { PluginRecord } from '../lifecycle/plugin-record.ts'
import { pluginFolderOf } from '../load/discover.ts'
import type { Discovery, PluginSources } from '../load/discover.ts'
import { loadAll } from '../load/load-all.ts'
import type { LoadTarget } from '../load/load-all.ts'
import { changeTime } from '../load/own-files.ts'
import type { PluginManagerOptions } from '../plugin-manager-options.ts'
import { HotReload } from './hot-reload.ts'
import { PluginFolder } from './plugin-folder.ts'

export interface WatchingOptions extends LoadTarget {
  readonly log: Logger
  readonly manager: PluginManagerOptions
  /** Changes of the set of plugins must not overlap. */
  readonly exclusive: <T>(change: () => Promise<T>) => Promise<T>
}

/** Everything that changes plugins because files changed: edits of what is loaded, and the folder of plugins. */
export class Watching {
  readonly #options: WatchingOptions
  readonly #delayMs: number
  readonly #hotReload: HotReload
  #folder: PluginFolder | null = null

  constructor(options: WatchingOptions) {
    this.#options = options
    const { registry, log, manager } = options
    this.#delayMs = manager.reloadDelay ?? 100
    this.#hotReload = new HotReload({
      records: registry.records,
      log,
      sharedPaths: manager.watchPaths ?? [],
      delayMs: this.#delayMs,
      reload: (name) => this.#reload(name),
    })
  }

  get watchedFolders(): number {
    return this.#hotReload.watchedFolders + (this.#folder?.watchedFolders ?? 0)
  }

  /** Watches the files of the plugins there are now. */
  sync(): void {
    this.#hotReload.sync()
  }

  /** Keeps the plugins in step with the folder that the sources name, where `tried` is what was found there already. */
  watchFolderOf(sources: PluginSources, tried: Discovery): void {
    const { registry, lifecycle, log, exclusive } = this.#options
    const folder = pluginFolderOf(sources)
    this.#folder?.close()
    this.#folder = null
    if (folder === null) return
    this.#folder = new PluginFolder({
      folder,
      tried: tried.found,
      records: registry.records,
      log,
      delayMs: this.#delayMs,
      exclusive,
      load: (found) => loadAll({ found, broken: [] }, sources, this.#options),
      forget: (name) => lifecycle.forget(name),
      loaded: (names) => {
        for (const name of names) this.#hotReload.wakeDependents(name)
      },
    })
  }

  /** Ends all watching, for good. */
  close(): void {
    this.#folder?.close()
    this.#hotReload.close()
  }

  /** Why it failed, if it does, is already logged and told by `plugin.failed`. */
  async #reload(name: string): Promise<void> {
    const { registry, lifecycle, exclusive } = this.#options
    await exclusive(async () => {
      const record = registry.records.get(name)
      // It may have been unloaded since its file changed.
      if (record === undefined || record.status === 'unloaded') return
      const folder = this.#folder?.holds(record) === true ? this.#folder : null
      if (folder !== null && this.#isFolders(record)) return folder.retry(record.source.origin)
      await lifecycle.reload(name).catch(async (thrown: unknown) => {
        if (folder === null || !PluginError.is(thrown) || thrown.code !== 'PLUGIN_RENAMED') throw thrown
        await lifecycle.forget(name)
        folder.retry(record.source.origin)
      })
    }).catch(() => {})
  }

  /** What is gone, and what was never read and so has no name yet, is the folder's to deal with. */
  #isFolders({ source, definition }: PluginRecord): boolean {
    return definition === null || changeTime(source.origin) === null
  }
}
