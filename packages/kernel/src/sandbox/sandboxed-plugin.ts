import { PluginError } from '@agentproxy/plugin'
import type { PluginContext, PluginDefinition, PluginPermissions, StandardSchema } from '@agentproxy/plugin'
import { hostControlOf } from '../lifecycle/host-control.ts'
import { Broker } from './broker.ts'
import { declareGuest } from './declare-guest.ts'
import { startDeno } from './deno-engine.ts'
import type { StartEngine } from './engine.ts'
import type { Lookup } from './guarded-fetch.ts'
import { readGrants } from './permissions.ts'
import type { Grants } from './permissions.ts'
import { startQuickJs } from './quickjs-engine.ts'
import { readLimits } from './resources.ts'
import type { SandboxLimits, SandboxResources } from './resources.ts'
import { Sandbox } from './sandbox.ts'
import type { SandboxMetrics } from './sandbox-metrics.ts'

export interface SandboxedPluginOptions {
  readonly name: string
  /** Source text of one ES module that imports nothing. */
  readonly code: string
  /** What is left out is closed. */
  readonly permissions?: PluginPermissions
  readonly resources?: SandboxResources
  /** Default `quickjs`. `deno` needs its binary; where it is missing, loading fails with SANDBOX_UNSUPPORTED. */
  readonly engine?: 'quickjs' | 'deno'
  /** Default `0.0.0`. */
  readonly version?: string
  readonly description?: string
  /** For the guest's `plugin.config`; what `loadPlugin` is given is laid over it. */
  readonly config?: Readonly<Record<string, unknown>>
  /** How host names are looked up for `fetch`. Default: by the system. */
  readonly lookup?: Lookup
}

const engines: Readonly<Record<'quickjs' | 'deno', StartEngine>> = { quickjs: startQuickJs, deno: startDeno }

/**
 * A plugin whose code runs apart from this process's memory, files, network and environment, for code one would not run
 * oneself. Give it to `loadPlugin`.
 *
 * The code is an ES module: `export default definePlugin({ name, setup(ctx) {...} })`, a function of `ctx`, or no export
 * at all. `ctx`, also the global `plugin`, has: `name`, `config`, `log.debug/info/warn/error`, `hook(name, handler,
 * options)`, `tool(name, { description, parameters, execute })`, `events.on/emit`, `fetch(url, { method, headers, body
 * })`, `files.read(path)` and `files.write(path, text)`, `block`, `modify`, `ok`. Hooks, tools and listeners are added
 * during setup. All values cross as JSON. There are no timers, no imports and no other globals than the language's.
 *
 * A call that goes over a limit ends the guest, and the next one starts it anew; the second time the plugin is disabled
 * with SANDBOX_LIMIT.
 */
export class SandboxedPlugin implements PluginDefinition<string, StandardSchema, never, void> {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly permissions: PluginPermissions
  readonly config: StandardSchema
  readonly #options: SandboxedPluginOptions
  readonly #limits: SandboxLimits
  readonly #grants: Grants

  /** Throws PLUGIN_INVALID for permissions or resources that make no sense. */
  constructor(options: SandboxedPluginOptions) {
    const { name, code, engine = 'quickjs' } = options
    if (typeof code !== 'string' || !Object.hasOwn(engines, engine))
      throw new PluginError(
        'PLUGIN_INVALID',
        `sandboxed plugin ${name} needs code, and engine quickjs or deno`,
      )
    this.name = name
    this.version = options.version ?? '0.0.0'
    this.description = options.description ?? ''
    this.permissions = options.permissions ?? {}
    this.config = overlaid(options.config ?? {})
    this.#options = options
    this.#limits = readLimits(name, options.resources)
    this.#grants = readGrants(name, options.permissions)
  }

  async setup(ctx: PluginContext): Promise<void> {
    const { code, lookup, engine = 'quickjs' } = this.#options
    const [limits, grants] = [this.#limits, this.#grants]
    const control = hostControlOf(ctx)
    const sandbox = new Sandbox({
      plugin: this.name,
      source: code,
      config: ctx.config,
      limits,
      startEngine: engines[engine],
      told: (message, reply) => broker.hear(message, reply),
      stopped: (error) => control?.withdraw(error),
    })
    const { log, events, signal } = ctx
    const violated = sandbox.violated.bind(sandbox)
    const broker = new Broker({ grants, limits, log, events, signal, lookup, violated })
    ctx.onDispose(() => sandbox.close())
    control?.gauge((): SandboxMetrics => ({ engine, denials: broker.denials, ...sandbox.state }))
    declareGuest(await sandbox.open(), { ctx, sandbox, broker, grants })
  }
}

/** What `loadPlugin` is given, over the constructor's. */
function overlaid(base: Readonly<Record<string, unknown>>): StandardSchema {
  return {
    '~standard': {
      version: 1,
      vendor: 'agentproxy',
      validate: (value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? { value: Object.freeze({ ...base, ...value }) }
          : { issues: [{ message: 'must be an object' }] },
    },
  }
}
