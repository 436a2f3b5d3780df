import { hookKinds, middlewareLayers, PluginError } from '@agentproxy/plugin'
import type {
  HealthCheck,
  HookName,
  HookOptions,
  Logger,
  PluginContext,
  PluginHandle,
} from '@agentproxy/plugin'
import { createPluginEvents } from '../events/plugin-events.ts'
import { HealthProbe } from '../health/health-probe.ts'
import { createPluginHttp } from '../http/create-plugin-http.ts'
import { createRoute } from '../routes/own-route.ts'
import { createPluginSecrets } from '../secrets/create-plugin-secrets.ts'
import type { Contribution, Handler } from '../snapshot/contribution.ts'
import { refusalOf } from '../snapshot/hook-rules.ts'
import type { AnyTool } from '../snapshot/snapshot.ts'
import { createPluginStorage } from '../storage/plugin-storage.ts'
import { createPluginTask } from '../tasks/create-plugin-task.ts'
import type { Generation } from './generation.ts'
import { setHostControl } from './host-control.ts'
import type { HostServices } from './host-services.ts'

const DEFAULT_TIMEOUT_MS = 5000

/** Makes what `setup` gets. `dependencies` are the generations it was promised; a reload of one restarts this plugin. */
export function createContext(
  owner: Generation,
  host: HostServices,
  dependencies: ReadonlyMap<string, Generation>,
): PluginContext {
  const ctx: PluginContext = {
    name: owner.plugin,
    generation: owner.generation,
    config: owner.config,
    log: namedLog(host.log, owner),
    storage: createPluginStorage(host.storage, owner.plugin),
    secrets: createPluginSecrets(owner.plugin, host.secrets),
    http: createPluginHttp(owner.plugin, owner.scope.signal),
    events: createPluginEvents(owner, host),
    signal: owner.scope.signal,
    ...contributionVerbs(owner, host),
    onDispose: (dispose) => owner.scope.add(dispose),
    use: (resource) => {
      owner.scope.add(() =>
        Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose](),
      )
      return resource
    },
    getPlugin: (name: string) => handleOf(owner, name, dependencies) as PluginHandle<never>,
  }
  const { plugin, generation } = owner
  setHostControl(ctx, {
    withdraw: (error) => host.withdraw({ plugin, generation, error }),
    gauge: (read) => host.book.gauge(plugin, read),
  })
  return ctx
}

type ContributionVerb =
  | 'hook'
  | 'tool'
  | 'provider'
  | 'agent'
  | 'route'
  | 'middleware'
  | 'task'
  | 'health'
  | 'oauth'
  | 'command'
  | 'check'
  | 'reasoner'

function contributionVerbs(owner: Generation, host: HostServices): Pick<PluginContext, ContributionVerb> {
  const add = (contribution: Contribution): Disposable => contribute(owner, host, contribution)
  return {
    hook: (name, handler, options = {}) =>
      add({
        kind: 'hook',
        name,
        handler: handler as Handler,
        options: hookOptions(owner.plugin, name, options),
        streak: { failures: 0 },
      }),
    tool: (name, tool) => add({ kind: 'tool', name, value: tool as unknown as AnyTool }),
    provider: (provider) => add({ kind: 'provider', name: provider.name, value: provider }),
    agent: (agent) => add({ kind: 'agent', name: agent.name, value: agent }),
    route: (method, path, handler, { access = 'owner' } = {}) => {
      const route = createRoute(owner, { method, path, handler, access })
      return add({ kind: 'route', name: `${method} ${route.path}`, value: route })
    },
    middleware: (layer, middleware) => {
      if (!Object.hasOwn(middlewareLayers, layer)) throw unknownLayer(owner.plugin, layer)
      return add({ kind: 'middleware', name: layer, value: { layer, middleware } })
    },
    task: (name, schedule, work) => {
      const task = createPluginTask(owner, host, { name, schedule, work })
      const added = add({ kind: 'task', name, value: task })
      if (owner.runsTasks) task.start()
      return {
        [Symbol.dispose]: () => {
          task.stop()
          added[Symbol.dispose]()
        },
      }
    },
    health: (check) => add({ kind: 'health', name: 'check', value: newProbe(owner, check) }),
    oauth: (provider) => add({ kind: 'oauth', name: provider.name, value: provider }),
    command: (name, command) => add({ kind: 'command', name, value: command }),
    check: (check) => add({ kind: 'check', name: check.name, value: check }),
    reasoner: (reasoner) => add({ kind: 'reasoner', name: reasoner.name, value: reasoner }),
  }
}

function unknownLayer(plugin: string, layer: string): PluginError {
  const layers = Object.keys(middlewareLayers).join(', ')
  return new PluginError(
    'PLUGIN_INVALID',
    `plugin ${plugin}: ${layer} is no middleware layer; take one of ${layers}`,
    {
      plugin,
    },
  )
}

function newProbe(owner: Generation, check: HealthCheck): HealthProbe {
  if (owner.probe() === null) return new HealthProbe(check)
  const message = `plugin ${owner.plugin} has a health check; join both in one`
  throw new PluginError('PLUGIN_INVALID', message, { plugin: owner.plugin })
}

/** Adds a contribution: staged during setup, published at once later. Takes it back where it conflicts. */
function contribute(owner: Generation, host: HostServices, contribution: Contribution): Disposable {
  const { kind, name } = contribution
  if (owner.scope.disposed || owner.state === 'retired')
    throw new PluginError(
      'DISPOSED',
      `plugin ${owner.plugin} (generation ${owner.generation}) has ended and can add no ${kind} ${name}; stop its work on ctx.signal`,
      { plugin: owner.plugin },
    )
  owner.contributions.add(contribution)
  try {
    if (owner.state === 'live') host.republish()
  } catch (conflict) {
    owner.contributions.delete(contribution)
    throw conflict
  }
  return {
    [Symbol.dispose]: () => {
      if (owner.contributions.delete(contribution) && owner.state === 'live') host.republish()
    },
  }
}

function hookOptions(plugin: string, name: HookName, options: HookOptions): Required<HookOptions> {
  const invalid = (why: string): PluginError =>
    new PluginError('PLUGIN_INVALID', `plugin ${plugin}: ${why}`, { plugin, hook: name })
  if (!Object.hasOwn(hookKinds, name)) throw invalid(`there is no hook ${name}`)
  const kind = hookKinds[name]
  const onError = options.onError ?? 'continue'
  const cannotBlock = kind === 'observe' || (kind === 'first' && refusalOf(name) === null)
  if (onError === 'block' && cannotBlock) throw invalid(`hook ${name} has nothing to block; drop its onError`)
  return {
    order: options.order ?? 'normal',
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    onError,
    needsBody: options.needsBody ?? false,
    needsAnswer: options.needsAnswer ?? false,
  }
}

function handleOf(
  owner: Generation,
  name: string,
  dependencies: ReadonlyMap<string, Generation>,
): PluginHandle {
  const dependency = dependencies.get(name)
  if (dependency === undefined)
    throw new PluginError(
      'DEPENDENCY_MISSING',
      `plugin ${owner.plugin} asked for plugin ${name} without declaring it; add '${name}' to its dependencies`,
      { plugin: owner.plugin },
    )
  return {
    name,
    version: dependency.definition.version,
    getService: () => dependency.service,
  }
}

function namedLog(log: Logger, owner: Generation): Logger {
  const named = (fields: Readonly<Record<string, unknown>> = {}) => ({ plugin: owner.plugin, ...fields })
  return {
    debug: (message, fields) => log.debug(message, named(fields)),
    info: (message, fields) => log.info(message, named(fields)),
    warn: (message, fields) => log.warn(message, named(fields)),
    error: (message, fields) => log.error(message, named(fields)),
  }
}
