import { hookAliases, PluginError } from '@agentproxy/plugin'
import type {
  HookHandler,
  HookName,
  Hooks,
  Plugin,
  PluginContext,
  PluginDefinition,
  StandardSchema,
  Tool,
} from '@agentproxy/plugin'
import type { AnyTool } from '../snapshot/snapshot.ts'
import { toolFacade } from './tool-facade.ts'

/** A class plugin brings no schema: its configuration is passed as it is, so long as it is an object. */
const anyObject: StandardSchema<unknown, Readonly<Record<string, unknown>>> = {
  '~standard': {
    version: 1,
    vendor: 'agentproxy',
    validate: (value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? { value: Object.freeze({ ...value }) }
        : { issues: [{ message: 'must be an object' }] },
  },
}

/**
 * Makes a definition of a class plugin. The first generation runs the given instance; a reload makes a new one where
 * the class can be constructed without arguments, and otherwise initialises the same instance again, whose `shutdown`
 * then runs only when its last generation goes.
 */
export function fromClass(given: Plugin): PluginDefinition {
  const users = new Map<Plugin, number>()
  let fresh = true
  const definition: PluginDefinition<string, typeof anyObject, string> = {
    name: given.name,
    version: given.version ?? '0.0.0',
    description: given.description ?? '',
    dependencies: given.dependencies ?? [],
    config: anyObject,
    async setup(ctx) {
      const plugin = fresh ? given : remake(given)
      fresh = false
      users.set(plugin, (users.get(plugin) ?? 0) + 1)
      ctx.onDispose(() => {
        const left = (users.get(plugin) ?? 1) - 1
        if (left > 0) return users.set(plugin, left)
        users.delete(plugin)
        return plugin.shutdown?.()
      })
      lendContext(plugin, ctx)
      await plugin.initialize?.(ctx)
      addHooks(plugin, ctx)
      if (plugin.healthCheck !== undefined) ctx.health(plugin.healthCheck.bind(plugin))
      const tools = readTools(plugin)
      for (const [name, tool] of tools) ctx.tool(name, tool)
      return plugin.getService === undefined ? toolFacade(tools, ctx.signal) : plugin.getService()
    },
  }
  return definition
}

function remake(given: Plugin): Plugin {
  const constructor = given.constructor as (new () => unknown) & { readonly length: number }
  if ((constructor as unknown) === Object || constructor.length > 0) return given
  return new constructor() as Plugin
}

/** A class that declares a field `context` and leaves it empty gets it filled before `initialize`. */
function lendContext(plugin: Plugin, ctx: PluginContext<unknown, string>): void {
  if (Object.hasOwn(plugin, 'context') && Reflect.get(plugin, 'context') === undefined)
    Reflect.set(plugin, 'context', ctx)
}

/** Methods called as in `hookAliases` become hooks; of several spellings of one hook the first counts. */
function addHooks(plugin: Plugin, ctx: PluginContext<unknown, string>): void {
  const methods = plugin as unknown as Readonly<Record<string, unknown>>
  for (const [alias, hook] of Object.entries(hookAliases)) {
    const camelCase = alias.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
    const name = [`hook_${alias}`, alias, camelCase].find((one) => typeof methods[one] === 'function')
    if (name === undefined) continue
    const method = methods[name] as (payload: unknown) => unknown
    ctx.hook(hook, ((payload: unknown) => method.call(plugin, payload)) as HookHandler<Hooks[HookName]>)
  }
}

function readTools(plugin: Plugin): ReadonlyMap<string, AnyTool> {
  const tools = Object.entries(plugin.getTools?.() ?? {})
  return new Map(tools.map(([name, tool]) => [name, completeTool(plugin.name, name, tool)]))
}

function completeTool(plugin: string, name: string, tool: Tool): AnyTool {
  if (typeof tool.execute !== 'function')
    throw new PluginError('PLUGIN_INVALID', `plugin ${plugin}: tool ${name} has no execute function`, {
      plugin,
      tool: name,
    })
  return {
    description: tool.description ?? '',
    parameters: tool.parameters ?? {},
    execute: (parameters, context) => tool.execute?.(parameters, context),
  }
}
