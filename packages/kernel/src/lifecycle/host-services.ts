import type { Logger } from '@agentproxy/plugin'
import type { EventBus } from '../events/event-bus.ts'
import type { MetricsBook } from '../metrics/metrics-book.ts'
import type { SecretSource } from '../secrets/secret-source.ts'
import type { PluginFailure, Report } from '../snapshot/handler.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'

/** What the host lends every generation. */
export interface HostServices {
  readonly log: Logger
  readonly storage: StorageBackend
  readonly secrets: SecretSource
  readonly bus: EventBus
  readonly report: Report
  readonly book: MetricsBook
  /** Compiles and publishes again after a live plugin added or took back something. Throws on a conflict. */
  republish(): void
  /** Has a live plugin taken out of service, as one whose handlers keep failing. */
  withdraw(failure: PluginFailure): void
  /** Whether the plugins' tasks run. */
  runTasks(this: void): boolean
  /** Milliseconds `setup` may take. */
  readonly setupTimeoutMs: number
}
