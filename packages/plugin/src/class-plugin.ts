// The class style's payloads are whatever the author declares: handlers and parameters are `any` here, and only here.
import type { Logger } from './logger.ts'
import type { PluginStorage } from './storage.ts'
import type { JsonSchema } from './schema.ts'

/** A tool of a class plugin. Parameters are JSON Schema as data. */
export interface Tool {
  description?: string
  parameters?: JsonSchema
  // oxlint-disable-next-line typescript/no-explicit-any
  execute?(params: any, context?: any): unknown
}

export interface ClassPluginContext {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly log: Logger
  readonly storage: PluginStorage
  readonly signal: AbortSignal
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
 * hooks; `getService` gives the service, and without one the service is the plugin's tools by their last name segment.
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
}
