// The class style's payloads are whatever the author declares: handlers and parameters are `any` here, and only here.
import type { PluginContext } from './context.ts'
import type { HealthResult } from './health.ts'
import type { JsonSchema } from './schema.ts'

/** A tool of a class plugin. Parameters are JSON Schema as data. */
export interface Tool {
  description?: string
  parameters?: JsonSchema
  // oxlint-disable-next-line typescript/no-explicit-any
  execute?(params: any, context?: any): unknown
}

/** As `PluginContext`, with configuration, events and services of whatever shape the author says they have. */
export interface ClassPluginContext extends Omit<
  PluginContext<Readonly<Record<string, unknown>>, string>,
  'events' | 'getPlugin'
> {
  readonly events: {
    // oxlint-disable-next-line typescript/no-explicit-any
    on(name: string, listener: (event: any) => void): Disposable
    // oxlint-disable-next-line typescript/no-explicit-any
    once(name: string, listener: (event: any) => void): Disposable
    // oxlint-disable-next-line typescript/no-explicit-any
    off(name: string, listener: (event: any) => void): void
    emit(name: string, event: unknown): void
  }
  // oxlint-disable-next-line typescript/no-explicit-any
  getPlugin(name: string): { readonly name: string; readonly version: string; getService(): any }
}

/**
 * A plugin as a class. Methods named as in `hookAliases` (`hook_on_task_start`, `on_task_start`, `onTaskStart`) become
 * hooks; `healthCheck` answers for its health; `getService` gives the service, and without one the service is the
 * plugin's tools by their last name segment. A field `context` that is declared and left empty is filled.
 */
export interface Plugin {
  name: string
  version?: string
  description?: string
  dependencies?: string[]
  initialize?(context: ClassPluginContext): Promise<void> | void
  shutdown?(): Promise<void> | void
  getTools?(): Record<string, Tool>
  getService?(): unknown
  healthCheck?(signal: AbortSignal): HealthResult | PromiseLike<HealthResult>
}
