import type {
  AgentDefinition,
  HealthCheck,
  HookName,
  HookOptions,
  PluginContext,
  PluginDefinition,
  PluginEvents,
  ProviderDefinition,
  ToolDefinition,
} from '@agentproxy/plugin'

export interface RecordedHandler {
  readonly hook: HookName
  readonly timeoutMs: number
  readonly call: (payload: unknown, next: () => Promise<unknown>) => unknown
}

export interface RecordedTool {
  readonly name: string
  readonly tool: ToolDefinition
}

/** What one or more generations of a plugin did through `ctx`, seen from beside it. */
export class Recorder {
  readonly handlers: RecordedHandler[] = []
  readonly tools: RecordedTool[] = []
  readonly health: HealthCheck[] = []
  readonly providers: ProviderDefinition[] = []
  readonly agents: AgentDefinition[] = []
  readonly disposers: (() => unknown)[] = []
  /** Events it heard or emitted. */
  readonly events = new Set<string>()
  /** Verbs called once its generation had ended. */
  readonly afterEnd: string[] = []
  /** Tools called while `armed` is false, and so not run. */
  readonly heldBack: string[] = []
  /** Whether tools run when they are called. */
  armed = true
  /** Runs whatever is the plugin's code. */
  readonly #enter: <T>(work: () => T) => T

  constructor(enter: <T>(work: () => T) => T = (work) => work()) {
    this.#enter = enter
  }

  /** The same plugin, watched. */
  watch(definition: PluginDefinition): PluginDefinition {
    return override(definition, {
      setup: (ctx: PluginContext) => this.#enter(() => definition.setup(this.#watchContext(ctx) as never)),
    })
  }

  #watchContext(ctx: PluginContext): PluginContext {
    return {
      ...ctx,
      ...this.#watchCode(ctx),
      ...this.#watchData(ctx),
      events: this.#watchEvents(ctx),
      onDispose: (dispose) => {
        const entered = (): unknown => this.#enter(dispose)
        this.disposers.push(entered)
        return ctx.onDispose(entered)
      },
      use: (resource) => {
        this.disposers.push(() =>
          Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose](),
        )
        return ctx.use(resource)
      },
    }
  }

  #watchEvents(ctx: PluginContext): PluginEvents {
    return {
      ...ctx.events,
      on: (name, listener) => {
        this.events.add(name)
        return ctx.events.on(name, listener)
      },
      once: (name, listener) => {
        this.events.add(name)
        return ctx.events.once(name, listener)
      },
      emit: (name, event) => {
        this.events.add(name)
        if (ctx.signal.aborted) this.afterEnd.push(`events.emit(${JSON.stringify(name)})`)
        ctx.events.emit(name, event)
      },
    }
  }

  /** Notes a verb, where its generation has ended. */
  #note(ctx: PluginContext, verb: string): void {
    if (ctx.signal.aborted) this.afterEnd.push(`ctx.${verb}`)
  }

  #watchData(ctx: PluginContext): Pick<PluginContext, 'provider' | 'agent'> {
    return {
      provider: (provider) => {
        this.#note(ctx, 'provider')
        this.providers.push(provider)
        return ctx.provider(provider)
      },
      agent: (agent) => {
        this.#note(ctx, 'agent')
        this.agents.push(agent)
        return ctx.agent(agent)
      },
    }
  }

  #watchCode(ctx: PluginContext): Partial<PluginContext> {
    return {
      hook: (name, handler, options: HookOptions = {}) => {
        this.#note(ctx, 'hook')
        const call: RecordedHandler['call'] = (payload, next) =>
          this.#enter(() => (handler as RecordedHandler['call'])(payload, next))
        this.handlers.push({ hook: name, timeoutMs: options.timeoutMs ?? 5000, call })
        return ctx.hook(name, call as typeof handler, options)
      },
      tool: (name, tool) => {
        this.#note(ctx, 'tool')
        const watched = override(tool, {
          execute: (parameters: never, context: never): unknown => {
            if (this.armed) return this.#enter(() => tool.execute(parameters, context))
            this.heldBack.push(name)
            return null
          },
        })
        this.tools.push({ name, tool: watched })
        return ctx.tool(name, watched)
      },
      health: (check) => {
        this.#note(ctx, 'health')
        const entered: HealthCheck = (signal) => this.#enter(() => check(signal))
        this.health.push(entered)
        return ctx.health(entered)
      },
      route: (method, path, handler, options) => {
        this.#note(ctx, 'route')
        return ctx.route(method, path, (...given) => this.#enter(() => handler(...given)), options)
      },
      middleware: (layer, middleware) => {
        this.#note(ctx, 'middleware')
        return ctx.middleware(layer, (...given) => this.#enter(() => middleware(...given)))
      },
      task: (name, schedule, work) => {
        this.#note(ctx, 'task')
        return ctx.task(name, schedule, (run) => this.#enter(() => work(run)))
      },
    }
  }
}

/** The same object with some members replaced; one that is an instance of a class keeps what its class gives it. */
export function override<T extends object>(original: T, members: object): T {
  return Object.assign(Object.create(original) as T, members)
}
