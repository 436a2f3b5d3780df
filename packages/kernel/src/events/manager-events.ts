import type { PluginError } from '@agentproxy/plugin'
import type { Logger } from '@agentproxy/plugin'
import type { PluginInfo } from '../lifecycle/plugin-record.ts'
import type { PluginAlert } from '../metrics/alert-monitor.ts'
import type { PluginFailure } from '../snapshot/handler.ts'
import { textOf } from '../text-of.ts'

/** What the manager tells its own listeners; the first argument is the plugin's name. */
export interface ManagerEvents {
  'plugin.loaded': readonly [plugin: string, info: PluginInfo]
  'plugin.unloaded': readonly [plugin: string]
  'plugin.reloaded': readonly [plugin: string, info: PluginInfo]
  /** A load or reload failed; after a failed reload the old generation still serves. */
  'plugin.failed': readonly [plugin: string, error: PluginError]
  /** A handler, listener or clean-up of a loaded plugin failed. */
  'plugin.error': readonly [plugin: string, failure: PluginFailure]
  /** A plugin's handlers kept failing, or it needs one whose did; it was taken out of service. */
  'plugin.disabled': readonly [plugin: string, reason: PluginError]
  /** A monitored value crossed its threshold; null = that of the whole process. */
  'plugin.alert': readonly [plugin: string | null, alert: PluginAlert]
}

type AnyListener = (...details: readonly unknown[]) => void

export class ManagerEmitter {
  readonly #listeners = new Map<keyof ManagerEvents, Set<AnyListener>>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  on<Event extends keyof ManagerEvents>(
    event: Event,
    listener: (...details: ManagerEvents[Event]) => void,
  ): Disposable {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    // A wrapper of its own for each call: the same function may listen twice, and each undo ends one of them.
    const entry: AnyListener = (...details) => listener(...(details as unknown as ManagerEvents[Event]))
    listeners.add(entry)
    return { [Symbol.dispose]: () => void listeners.delete(entry) }
  }

  emit<Event extends keyof ManagerEvents>(event: Event, ...details: ManagerEvents[Event]): void {
    for (const listener of Array.from(this.#listeners.get(event) ?? [])) {
      try {
        listener(...details)
      } catch (thrown) {
        this.#log.error('a listener of the plugin manager failed', { event, error: textOf(thrown) })
      }
    }
  }
}
