import { createServer } from 'node:net'
import { spawn } from 'node:child_process'
import type {
  AgentDefinition,
  Plugin,
  PluginContext,
  PluginDefinition,
  ProviderDefinition,
} from '@agentproxy/plugin'
import type { ContractOptions } from './options.ts'

/** A plugin with one fault, and the checks it must fail: these and no other. */
export interface BadPlugin {
  readonly title: string
  readonly fails: readonly string[]
  readonly plugin: PluginDefinition | Plugin | string
  readonly options?: ContractOptions
}

type Setup = (ctx: PluginContext) => unknown

const LIMIT_MS = 300
const hangs = (): Promise<never> => new Promise(() => {})

function bad(fails: string, title: string, setup: Setup, manifest: object = {}): BadPlugin {
  const plugin = { name: 'bad', version: '1.0.0', setup, ...manifest } as PluginDefinition
  return { title, fails: fails.split(' '), plugin, options: { limitMs: LIMIT_MS } }
}

/** A schema made by hand: `check` gives what is wrong, or null. */
function schema(check: (value: unknown) => readonly { readonly message: string }[] | null): object {
  const validate = (value: unknown) => {
    const issues = check(value)
    return issues === null ? { value } : { issues }
  }
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

const noop: Setup = () => undefined
const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const manifests: readonly BadPlugin[] = [
  { title: 'a file that is not there', fails: ['plugin.loads'], plugin: './no-such-plugin.ts' },
  bad('plugin.loads', 'a contract of another version', noop, { apiVersion: '2' }),
  bad('manifest.name', 'a name with capitals', noop, { name: 'Bad Name' }),
  bad('manifest.version', 'a version of two numbers', noop, { version: '1.0' }),
  bad('manifest.prefix', 'a prefix of two segments', noop, { prefix: '/a/b' }),
  bad('manifest.prefix', "a prefix of the host's", noop, { prefix: '/v1' }),
]

const configs: readonly BadPlugin[] = [
  {
    ...bad('config.defaults', 'an empty configuration is refused without a path', noop, {
      config: schema((value) =>
        isObject(value) && 'key' in (value as object) ? null : [{ message: 'wrong' }],
      ),
    }),
    options: { config: { key: 1 } },
  },
  bad('config.refuses', 'any text is a configuration', noop, { config: schema(() => null) }),
  bad('config.refuses', 'an unknown key is refused without its name', noop, {
    config: schema((value) =>
      isObject(value) && Object.keys(value as object).length === 0 ? null : [{ message: 'wrong' }],
    ),
  }),
]

let running = 0
let stale = false

const setups: readonly BadPlugin[] = [
  bad('dependencies.missing setup.deadline', 'it depends on itself', noop, { dependencies: ['bad'] }),
  bad('setup.deadline', 'setup throws', () => {
    throw new Error('no')
  }),
  bad('setup.deadline', 'setup hangs', hangs),
  bad('setup.twice', 'a second setup in one process throws', () => {
    if (stale) throw new Error('only once')
    stale = true
  }),
  bad('setup.twice reload.fifty', 'there can be only one', (ctx) => {
    if (running > 0) throw new Error('there is one')
    running += 1
    ctx.onDispose(once(() => (running -= 1)))
  }),
  bad('health.status', 'a status nobody knows', (ctx) => ctx.health(() => ({ status: 'green' as 'pass' }))),
  bad('health.status', 'a health check that hangs', (ctx) => ctx.health(hangs)),
  bad('health.status', 'a health check that takes no notice of its signal', (ctx) =>
    ctx.health(async (signal) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      return signal.aborted ? hangs() : { status: 'pass' }
    }),
  ),
]

const tool = { description: 'reads', parameters: { type: 'object' }, execute: () => null }

const tools: readonly BadPlugin[] = [
  bad('tools.described', 'a tool without a description', (ctx) =>
    ctx.tool('bad.read', { ...tool, description: ' ' }),
  ),
  bad('tools.schema', 'a required property that does not exist', (ctx) =>
    ctx.tool('bad.read', { ...tool, parameters: { type: 'object', required: ['path'] } }),
  ),
  bad('tools.schema', 'a type that JSON Schema does not have', (ctx) =>
    ctx.tool('bad.read', { ...tool, parameters: { properties: { path: { type: 'str' } } } }),
  ),
  bad('tools.refuse', 'a tool that takes anything', (ctx) =>
    ctx.tool('bad.read', { ...tool, parameters: schema(() => null) as never }),
  ),
]

const hooks: readonly BadPlugin[] = [
  bad('hooks.answer', 'a handler that throws', (ctx) =>
    ctx.hook('task.start', () => {
      throw new Error('no')
    }),
  ),
  bad('hooks.answer', 'a handler that changes the payload in place', (ctx) =>
    ctx.hook('task.start', (payload) => {
      ;(payload as { prompt: string }).prompt += '!'
    }),
  ),
  bad('hooks.answer', 'a handler that answers with what is no outcome', (ctx) =>
    ctx.hook('file.change', () => 'blocked' as never),
  ),
  bad('hooks.throw', 'a handler that lets a rejection go', (ctx) =>
    ctx.hook('task.complete', ({ checks }) => {
      void (async () => checks.length)()
    }),
  ),
  bad('hooks.throw', 'a handler that throws in a timer', (ctx) =>
    ctx.hook('task.complete', ({ checks }) => {
      setTimeout(() => checks.length, 1)
    }),
  ),
  bad('hooks.hang', 'a handler that hangs', (ctx) => ctx.hook('task.start', hangs, { timeoutMs: 100 })),
]

const routes: readonly BadPlugin[] = [
  bad('routes.answer', 'a route that throws on a broken body', (ctx) =>
    ctx.route('POST', '/items/:id', async (request) => Response.json(await request.json())),
  ),
  bad('routes.answer', 'a route that hangs', (ctx) =>
    // Until nobody waits any more, or each unload would wait for it.
    ctx.route('GET', '/', async (_request, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return new Response()
    }),
  ),
  bad('routes.answer', 'a route that answers with text', (ctx) => ctx.route('GET', '/', () => 'hi' as never)),
  bad('middleware.answer', 'middleware that gives nothing back', (ctx) =>
    ctx.middleware('observability', async (_request, next) => void (await next()) as never),
  ),
]

const held: unknown[] = []

const ends: readonly BadPlugin[] = [
  bad('dispose.handles', 'an interval', () => void setInterval(() => {}, 60_000).unref()),
  bad('dispose.handles', 'a listening socket', async () => {
    const server = createServer().unref()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  }),
  bad('dispose.handles', 'a child process', () => spawn('sleep', ['2']).unref()),
  bad('dispose.handles', 'a listener of the process', () => void process.on('SIGUSR2', noop as () => void)),
  bad('dispose.handles', 'a timer a handler starts', (ctx) =>
    ctx.hook('task.complete', () => void setTimeout(() => {}, 60_000).unref()),
  ),
  bad('dispose.clean', 'a clean-up that throws', (ctx) =>
    ctx.onDispose(() => {
      throw new Error('no')
    }),
  ),
  bad('dispose.idempotent', 'a clean-up for once only', (ctx) => {
    let closed = false
    ctx.onDispose(() => {
      if (closed) throw new Error('closed already')
      closed = true
    })
  }),
  bad('dispose.contributions', 'a tool added at the end', (ctx) =>
    ctx.signal.addEventListener('abort', () => {
      try {
        ctx.tool('bad.late', tool)
      } catch {
        // As one who does not want to know.
      }
    }),
  ),
  bad('reload.fifty', 'every generation kept', (ctx) => void held.push(ctx)),
  bad('reload.fifty', 'a tool more with each reload', (ctx) => {
    for (let index = 0; index < ctx.generation; index += 1) ctx.tool(`bad.read${index}`, tool)
  }),
]

const closed = { permissions: { network: [] } }

const permissions: readonly BadPlugin[] = [
  bad(
    'permissions.declared',
    'a request nobody declared',
    (ctx) =>
      void ctx.hook('task.complete', async () => {
        await ctx.http('http://127.0.0.1:59999/').catch(() => null)
      }),
    closed,
  ),
  bad(
    'permissions.declared',
    "a request with node's own fetch",
    () => void fetch('http://127.0.0.1:59999/').catch(() => {}),
    closed,
  ),
  bad('permissions.declared', 'an event nobody declared', (ctx) => ctx.events.emit('bad.event', 1), closed),
  bad('permissions.declared', "a tool of another's name", (ctx) => ctx.tool('good.read', tool), closed),
]

const upstream: ProviderDefinition = {
  name: 'upstream',
  displayName: 'Upstream',
  endpoints: { anthropic: { url: 'https://api.example.com/v1/messages' } },
  credential: { env: 'EXAMPLE_KEY', header: 'x-api-key', prefix: '' },
  headers: {},
  models: () => [{ id: 'one' }],
  passesUnknownModels: true,
  simulated: false,
}

function badProvider(
  fails: string,
  title: string,
  change: Partial<ProviderDefinition>,
  manifest: object = {},
) {
  return bad(fails, title, (ctx) => ctx.provider({ ...upstream, ...change }), {
    kind: 'provider',
    ...manifest,
  })
}

const providers: readonly BadPlugin[] = [
  badProvider('provider.endpoints', 'an address without https', {
    endpoints: { anthropic: { url: 'http://api.example.com/v1/messages' } },
  }),
  badProvider('provider.endpoints', 'a format nobody speaks', {
    endpoints: { smoke: { url: 'https://api.example.com/' } } as never,
  }),
  badProvider('provider.credential', 'a header with a capital', {
    credential: { env: 'EXAMPLE_KEY', header: 'X-Api-Key', prefix: '' },
  }),
  badProvider('provider.credential', 'a key in place of its variable', {
    credential: { env: 'sk-123', header: 'x-api-key', prefix: '' },
  }),
  badProvider('provider.models', 'a model listed twice', { models: () => [{ id: 'one' }, { id: 'one' }] }),
  badProvider('provider.models', 'a list that never comes', { models: hangs }),
  badProvider('provider.models', 'a list that takes no notice of its signal', {
    models: async (signal) => (signal.aborted ? hangs() : []),
  }),
  badProvider(
    'provider.base-url',
    'a baseUrl nobody reads',
    {},
    {
      config: schema((value) => (isObject(value) ? null : [{ message: 'must be an object' }])),
    },
  ),
]

const ready = { available: true, version: '1', problem: null }
const idle: AgentDefinition = {
  name: 'idle',
  displayName: 'Idle',
  capabilities: {
    resume: false,
    steer: false,
    interrupt: false,
    images: false,
    modelSwitch: false,
    asksPermission: false,
    plan: false,
    usage: false,
  },
  detect: async () => ready,
  runTurn: async ({ signal }) => {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return { stopReason: 'cancelled', message: '', error: null, conversationId: null }
  },
}
const sleeps = 'setInterval(()=>{},1000)'

function badAgent(fails: string, title: string, change: Partial<AgentDefinition>): BadPlugin {
  return bad(fails, title, (ctx) => ctx.agent({ ...idle, ...change }), { kind: 'agent' })
}

const agents: readonly BadPlugin[] = [
  badAgent('agent.capabilities', 'a capability nobody knows', {
    capabilities: Object.assign({ telepathy: true }, idle.capabilities),
  }),
  badAgent('agent.detect', 'unavailable without a word', {
    detect: async () => ({ available: false, version: null, problem: null }),
  }),
  badAgent('agent.stop', 'a turn that cannot be stopped', { runTurn: hangs }),
  badAgent('agent.stop', 'a turn that rejects', {
    runTurn: async () => {
      throw new Error('no')
    },
  }),
  badAgent('agent.stop', 'a process left running', {
    runTurn: async (turn) => {
      turn.spawn({ command: process.execPath, args: ['-e', sleeps], env: {}, stdin: 'closed' })
      return idle.runTurn(turn)
    },
  }),
  badAgent('agent.stop', 'a grandchild left running', {
    runTurn: async (turn) => {
      const script = `require('child_process').spawn(process.execPath,['-e',${JSON.stringify(sleeps)}],{stdio:'ignore'});${sleeps}`
      const child = turn.spawn({ command: process.execPath, args: ['-e', script], env: {}, stdin: 'closed' })
      const result = await idle.runTurn(turn)
      process.kill(child.pid, 'SIGKILL')
      return result
    },
  }),
]

function once(work: () => void): () => void {
  let done = false
  return () => {
    if (!done) work()
    done = true
  }
}

export const badPlugins: readonly BadPlugin[] = [
  ...manifests,
  ...configs,
  ...setups,
  ...tools,
  ...hooks,
  ...routes,
  ...ends,
  ...permissions,
  ...providers,
  ...agents,
]

export const goodProvider = upstream
export const goodAgent = idle
