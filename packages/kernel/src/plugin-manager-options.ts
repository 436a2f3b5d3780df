import type { Logger } from '@agentproxy/plugin'
import type { MonitoringOptions } from './metrics/alert-monitor.ts'
import type { SecretSource } from './secrets/secret-source.ts'
import type { StorageBackend } from './storage/storage-backend.ts'

export interface PluginManagerOptions {
  /** Default: warnings and errors on standard error. */
  readonly log?: Logger
  /** Default: in memory, gone with the process. */
  readonly storage?: StorageBackend
  /** Where plugins' secrets are. Default: environment variables, and no logins. */
  readonly secrets?: SecretSource
  /** Milliseconds a plugin's `setup` may take. Default 10000. */
  readonly setupTimeoutMs?: number
  /** Whether plugins' tasks run. Default true; false for a host that only looks at what plugins are. */
  readonly runTasks?: boolean
  /** Whether a plugin is reloaded when a file it was read from changes. Default false. */
  readonly hotReload?: boolean
  /**
   * With `hotReload`: more files, and folders of files, whose changes reload every plugin read from files: what plugins
   * share and read by themselves, such as templates. Folders within a folder are not included.
   */
  readonly watchPaths?: readonly string[]
  /** With `hotReload`: milliseconds without a further change before plugins are reloaded. Default 100. */
  readonly reloadDelay?: number
  /** Milliseconds each plugin's health check may take. Default 10000. */
  readonly healthTimeoutMs?: number
  /** Milliseconds a health report serves those who ask again. Default 5000. */
  readonly healthCacheMs?: number
  /** Default: hooks are not counted, and no threshold is watched. */
  readonly monitoring?: MonitoringOptions
  /**
   * A plugin one of whose hook handlers fails so many times in a row is disabled, with those that need it; not so where
   * one of them has a handler that blocks on failure, for then what it guards would be open. Default 20; Infinity =
   * never.
   */
  readonly maxConsecutiveFailures?: number
}
