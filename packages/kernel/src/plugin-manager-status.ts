import type { PluginInfo } from './lifecycle/plugin-record.ts'
import type { PluginMetrics } from './metrics/metrics-book.ts'

export interface PluginManagerStatus {
  /** Every plugin the host knows of, in the order it first met them. */
  readonly plugins: readonly PluginInfo[]
  /** Observer runs left out because too many were pending, by hook. */
  readonly droppedObservations: Readonly<Record<string, number>>
  /** Subscriptions on the plugins' event bus. */
  readonly subscriptions: number
}

/** What somebody who looks for a fault wants to see. No secrets are in it: configuration is left out. */
export interface DebugInfo {
  readonly node: string
  readonly uptimeMs: number
  /** In bytes, of the whole process. */
  readonly memory: NodeJS.MemoryUsage
  readonly status: PluginManagerStatus
  readonly metrics: Readonly<Record<string, PluginMetrics>>
  /** Calls in flight, by plugin. */
  readonly running: Readonly<Record<string, number>>
  /** Folders watched for hot reload. */
  readonly watchedFolders: number
}
