import type { PluginInput } from '../host/create-test-host.ts'

export interface ContractOptions {
  /** A configuration the plugin works with. Default: none. */
  readonly config?: unknown
  /** The plugins it depends on, in the order they are to be loaded. */
  readonly plugins?: readonly PluginInput[]
  /** Configuration of those, by plugin name. */
  readonly pluginConfig?: Readonly<Record<string, unknown>>
  /** Secrets the plugin asks for, by name. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Milliseconds for each thing that should be quick: setup, health, a route, a list of models. Default 10000. */
  readonly limitMs?: number
  /** Checks to leave out, by id, each with the reason, which the report shows. */
  readonly skip?: Readonly<Record<string, string>>
}
