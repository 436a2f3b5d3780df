import type { Dependency, PluginContext } from './context.ts'
import type { PluginPermissions } from './permissions.ts'
import type { SchemaOutput, StandardSchema } from './schema.ts'

/** What can be read of a plugin without running anything of it. */
export interface PluginManifest<Name extends string = string> {
  /** Kebab-case, unique: `[a-z0-9][a-z0-9-]{0,63}`. */
  readonly name: Name
  /** Semantic version. */
  readonly version: string
  readonly description?: string
  /** Default `system`. */
  readonly kind?: 'system' | 'provider' | 'agent'
  /** Range of this contract it was written for. Default `1`. */
  readonly apiVersion?: string
  /** Where its HTTP routes are, such as `/cache`: one segment, unique. Default: `/` and its name. */
  readonly prefix?: string
  /** What it may touch; enforced when it is sandboxed. */
  readonly permissions?: PluginPermissions
}

export interface PluginDefinition<
  Name extends string = string,
  Config extends StandardSchema | undefined = StandardSchema | undefined,
  D extends Dependency = Dependency,
  Service = unknown,
> extends PluginManifest<Name> {
  /** Plugins that must be active first, by name or by definition. */
  readonly dependencies?: readonly D[]
  /** Validates the plugin's section of the configuration. Without one, `ctx.config` is an empty object. */
  readonly config?: Config
  /** Called once per generation. What it returns is the plugin's service. */
  setup(ctx: PluginContext<ConfigOf<Config>, D>): Service | PromiseLike<Service>
}

export type ConfigOf<Config> = Config extends StandardSchema
  ? SchemaOutput<Config>
  : Readonly<Record<string, never>>

/** Gives a definition its types. It does nothing else: reading a manifest runs nothing. */
export function definePlugin<
  const Name extends string,
  Service,
  Config extends StandardSchema | undefined = undefined,
  const D extends Dependency = never,
>(definition: PluginDefinition<Name, Config, D, Service>): PluginDefinition<Name, Config, D, Service> {
  return definition
}
