import type { AgentDefinition } from './agent.ts'
import type { PluginCheck } from './check.ts'
import type { CommandDefinition } from './command.ts'
import type { PluginDefinition } from './define-plugin.ts'
import type { PluginEvents } from './events.ts'
import type { HealthCheck } from './health.ts'
import type { HookHandler, HookOptions } from './hook-kinds.ts'
import type { HookName, Hooks } from './hooks.ts'
import type { PluginHttp } from './http.ts'
import type { Logger } from './logger.ts'
import type { Middleware, MiddlewareLayer } from './middleware.ts'
import type { OAuthProvider } from './oauth.ts'
import type { ProviderDefinition } from './provider.ts'
import type { ReasonerDefinition } from './reasoner.ts'
import type { RouteHandler, RouteMethod, RouteOptions } from './route.ts'
import type { TaskSchedule, TaskWork } from './scheduled-task.ts'
import type { JsonSchema, StandardSchema } from './schema.ts'
import type { PluginSecrets } from './secrets.ts'
import type { PluginStorage } from './storage.ts'
import type { ToolDefinition } from './tool.ts'

/** A dependency by name, or by definition when its service's type should be known. */
// oxlint-disable-next-line typescript/no-explicit-any -- a reference to a plugin of whatever config and service
export type Dependency = string | PluginDefinition<string, any, any, any>

/** The names a plugin declared, for `getPlugin`. */
export type DependencyName<D extends Dependency> = D extends string
  ? D
  : D extends { readonly name: infer N }
    ? N
    : never

/** Services of plugins known only by name; a plugin may add itself by declaration merging. */
export interface Services {}

export type ServiceOf<D extends Dependency, Name> =
  Extract<D, { readonly name: Name }> extends PluginDefinition<string, infer _C, infer _D, infer Service>
    ? Service
    : Name extends keyof Services
      ? Services[Name]
      : unknown

/** Another loaded plugin, as its dependents see it. */
export interface PluginHandle<Service = unknown> {
  readonly name: string
  readonly version: string
  /** What the plugin's `setup` returned. */
  getService(): Service
}

/**
 * What `setup` gets. One verb per kind of contribution; each returns its own undo, and everything ends with the plugin.
 * The verbs work during `setup` and later, until the plugin is disposed.
 */
export interface PluginContext<Config = unknown, D extends Dependency = Dependency> {
  /** This plugin's name. */
  readonly name: string
  /** 1 for the first load, one more with each reload. */
  readonly generation: number
  /** Validated and typed by the schema given as `config`. */
  readonly config: Config
  /** Structured; each line says which plugin wrote it. */
  readonly log: Logger
  /** Small durable values of the plugin's own: they survive reload and restart. */
  readonly storage: PluginStorage
  /** Keys and tokens as handles, for `http`; the plugin never sees their text. */
  readonly secrets: PluginSecrets
  /** Events between plugins. */
  readonly events: PluginEvents
  /** The host's pooled HTTP client, as `fetch`. */
  readonly http: PluginHttp
  /** Aborted when the plugin is disposed. */
  readonly signal: AbortSignal

  /** Listens at a hook point; what the handler may return follows from the hook's kind. */
  hook<Name extends HookName>(
    name: Name,
    handler: HookHandler<Hooks[Name]>,
    options?: HookOptions,
  ): Disposable
  /** Adds a tool under a dotted name, `plugin.verb`. */
  tool<const Parameters extends StandardSchema | JsonSchema>(
    name: string,
    tool: ToolDefinition<Parameters>,
  ): Disposable
  /** Adds an upstream for model calls. */
  provider(provider: ProviderDefinition): Disposable
  /** Adds a coding agent, for `--agent NAME`. */
  agent(agent: AgentDefinition): Disposable
  /** Adds an HTTP route under the plugin's `prefix`; a path such as `/items/:id` has named parts. */
  route(method: RouteMethod, path: string, handler: RouteHandler, options?: RouteOptions): Disposable
  /** Wraps every HTTP exchange of the gateway, in the given layer. */
  middleware(layer: MiddlewareLayer, middleware: Middleware): Disposable
  /** Runs work again and again while the plugin is active, under a name that is its own within the plugin. */
  task(name: string, schedule: TaskSchedule, work: TaskWork): Disposable
  /** Says how the plugin is when the host asks; at most one check a plugin. */
  health(check: HealthCheck): Disposable
  /** Offers a login, for `agentproxy auth` and for `ctx.secrets.oauth`. */
  oauth(provider: OAuthProvider): Disposable
  /** Adds a command to the command line: `agentproxy NAME`. */
  command(name: string, command: CommandDefinition): Disposable
  /** Adds a verification that tasks must pass before they count as done. */
  check(check: PluginCheck): Disposable
  /** Adds a way to decide what comes after a turn, for `--reasoner NAME`. */
  reasoner(reasoner: ReasonerDefinition): Disposable
  /** Disposes it when the plugin goes, and gives it back. */
  use<Resource extends Disposable | AsyncDisposable>(resource: Resource): Resource
  /** Runs when the plugin goes, last added first. */
  onDispose(dispose: () => unknown): Disposable
  /** A declared dependency, and through it the service its `setup` returned. */
  getPlugin<Name extends DependencyName<D>>(name: Name): PluginHandle<ServiceOf<D, Name>>
}
