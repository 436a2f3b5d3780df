import { hookKinds, PluginError } from '@agentproxy/plugin'
import type { HookName, HookOptions, PluginContext } from '@agentproxy/plugin'
import type { Broker } from './broker.ts'
import { denied } from './denied.ts'
import type { Declaration } from './guest-message.ts'
import type { Grants } from './permissions.ts'
import type { Sandbox } from './sandbox.ts'

/** Events for one guest that wait for it; more are dropped, since a slow listener must not fill the memory. */
const MAX_WAITING_EVENTS = 64

export interface GuestHost {
  readonly ctx: PluginContext
  readonly sandbox: Sandbox
  readonly broker: Broker
  readonly grants: Grants
}

/** Adds to the host what a guest declared. Throws SANDBOX_DENIED for what its permissions do not allow. */
export function declareGuest(declarations: readonly Declaration[], host: GuestHost): void {
  for (const [index, declaration] of declarations.entries()) {
    switch (declaration.kind) {
      case 'hook':
        addHook(declaration, index, host)
        break
      case 'tool':
        addTool(declaration, index, host)
        break
      case 'event':
        addListener(declaration.name, index, host)
    }
  }
}

type Declared<Kind> = Extract<Declaration, { readonly kind: Kind }>

function addHook({ name, options }: Declared<'hook'>, index: number, host: GuestHost): void {
  const { ctx, sandbox, broker, grants } = host
  const kind = Object.hasOwn(hookKinds, name) ? hookKinds[name as HookName] : null
  if (kind === 'around') refuse(host, `hook ${name} wraps a call, which cannot be handed into a sandbox`)
  const hook = name as HookName
  const handler = async (payload: unknown): Promise<unknown> => {
    const answer = (await named({ hook: name }, sandbox.call(index, payload))) ?? undefined
    if (!decides(kind, answer) || grants.hooks.has(name)) return answer
    const error = denied(`the outcome of hook ${name} may not be changed; it is not in permissions.hooks`)
    broker.refused(error)
    throw new PluginError(error.code, error.message, { plugin: ctx.name, hook: name })
  }
  ctx.hook(hook, handler as never, readOptions(options))
}

/** Whether an answer does more than look or block. */
function decides(kind: string | null, answer: unknown): boolean {
  if (kind === 'first') return answer !== undefined
  return (answer as { readonly action?: unknown } | undefined)?.action === 'modify'
}

function readOptions(given: Readonly<Record<string, unknown>>): HookOptions {
  const { order, timeoutMs, onError, needsBody } = given
  return {
    ...(order === 'pre' || order === 'normal' || order === 'post' ? { order } : {}),
    ...(typeof timeoutMs === 'number' && timeoutMs > 0 ? { timeoutMs } : {}),
    ...(onError === 'block' || onError === 'continue' ? { onError } : {}),
    ...(typeof needsBody === 'boolean' ? { needsBody } : {}),
  }
}

function addTool({ name, description, parameters }: Declared<'tool'>, index: number, host: GuestHost): void {
  const { ctx, sandbox, grants } = host
  if (!name.startsWith(`${ctx.name}.`) && !grants.tools.has(name))
    refuse(host, `tool ${name} neither begins with ${ctx.name}. nor is in permissions.tools`)
  ctx.tool(name, {
    description,
    parameters,
    execute: (given: unknown, { userId, requestId }) =>
      named({ tool: name }, sandbox.call(index, given, { userId, requestId })),
  })
}

function addListener(name: string, index: number, host: GuestHost): void {
  const { ctx, sandbox, grants } = host
  if (!grants.events.has(name)) refuse(host, `event ${name} is not in permissions.events`)
  let waiting = 0
  const listener = async (event: unknown): Promise<void> => {
    if (waiting >= MAX_WAITING_EVENTS) return
    waiting += 1
    try {
      await sandbox.call(index, event)
    } finally {
      waiting -= 1
    }
  }
  // The bus reports what the promise it is given back rejects with.
  ctx.events.on(name, (event) => listener(event) as unknown as void)
}

function refuse({ ctx, broker }: GuestHost, what: string): never {
  const error = new PluginError('SANDBOX_DENIED', `sandboxed plugin ${ctx.name}: ${what}`, {
    plugin: ctx.name,
  })
  broker.refused(error)
  throw error
}

/** A limit's error with the hook or tool it befell, so that it reaches the caller under its own code. */
async function named(
  where: { readonly hook?: string; readonly tool?: string },
  call: Promise<unknown>,
): Promise<unknown> {
  try {
    return await call
  } catch (thrown) {
    if (!PluginError.is(thrown)) throw thrown
    throw new PluginError(thrown.code, thrown.message, { plugin: thrown.plugin, ...where, cause: thrown })
  }
}
