import { definePlugin } from '@agentproxy/plugin'
import type { StandardSchema } from '@agentproxy/plugin'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createGateway } from '../server/create-gateway.ts'
import { CANARY, OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'

/** A schema that takes anything and says so, as zod's do. */
const schema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => ({ value: value as { readonly apiKey?: string } }),
    jsonSchema: { input: () => ({ type: 'object', properties: { apiKey: { type: 'string' } } }) },
  },
} satisfies StandardSchema<unknown, { readonly apiKey?: string }> & {
  '~standard': { jsonSchema: unknown }
}

const cache = definePlugin({
  name: 'cache',
  version: '2.1.0',
  description: 'Keeps things',
  prefix: '/store',
  config: schema,
  setup(ctx) {
    ctx.route('GET', '/stats', () => Response.json({}))
    ctx.middleware('observability', (_request, next) => next())
    ctx.hook('exchange.end', () => {}, { order: 'post' })
    ctx.health(() => ({ status: 'warn', output: 'nearly full', details: { entries: 7, type: 'forged' } }))
    ctx.tool('cache.get', {
      description: 'Gets',
      parameters: { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] },
      execute: ({ key }) => (key === 'none' ? undefined : `value of ${String(key)}`),
    })
    ctx.tool('cache.fail', {
      description: 'Fails',
      parameters: { type: 'object' },
      execute: () => {
        throw new Error('disk is full')
      },
    })
    ctx.tool('cache.hang', {
      description: 'Hangs',
      parameters: {},
      execute: (_given, { signal }) => untilAborted(signal),
    })
    ctx.tool('cache.big', { description: 'Gives what JSON cannot hold', parameters: {}, execute: () => 10n })
  },
})

let gw: TestGateway
let hung: AbortSignal | null = null
beforeEach(async () => {
  gw = await startGateway()
  await gw.manager.loadPlugin(cache, { config: { apiKey: CANARY } })
})
afterEach(() => gw.close())

function untilAborted(signal: AbortSignal): Promise<never> {
  hung = signal
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(new Error('aborted'))),
  )
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function ask(method: string, path: string, body?: unknown, token = OWNER_TOKEN): Promise<Answer> {
  const answer = await fetch(gw.url + path, {
    method,
    headers: { 'x-api-key': token, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() }
}

async function stats(): Promise<number> {
  return (await fetch(`${gw.url}/store/stats`, { headers: { 'x-api-key': OWNER_TOKEN } })).status
}

const ROUTES = [
  ['GET', '/plugins'],
  ['GET', '/plugins/status'],
  ['GET', '/plugins/cache'],
  ['GET', '/plugins/cache/health'],
  ['GET', '/plugins/cache/schema'],
  ['POST', '/plugins/cache/reload'],
  ['POST', '/plugins/cache/enable'],
  ['POST', '/plugins/cache/disable'],
  ['GET', '/tools'],
  ['POST', '/tools/cache.get'],
] as const

test.each(ROUTES)('%s %s is for the owner alone', async (method, path) => {
  const task = gw.gateway.issueTaskToken({ taskId: 't', purpose: 'agent' })
  expect((await ask(method, path, undefined, 'wrong-token-0123456789')).status).toBe(401)
  expect((await ask(method, path, undefined, task)).status).toBe(403)
  expect(gw.manager.getPlugin('cache')).toMatchObject({ status: 'active', generation: 1 })
  expect((await ask(method, path)).status).toBe(path === '/tools/cache.get' ? 400 : 200)
})

test('without a plugin host the routes are not there', async () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const bare = await createGateway({
    host: gw.manager,
    exchanges: null,
    log,
    ownerToken: OWNER_TOKEN,
    version: '1',
  })
  const { url } = await bare.listen({ host: '127.0.0.1', port: 0 })
  for (const path of ['/plugins', '/tools'])
    expect((await fetch(url + path, { headers: { 'x-api-key': OWNER_TOKEN } })).status).toBe(404)
  await bare.close({ drainMs: 0 })
})

test('plugins are listed with what they are and where their routes are', async () => {
  const { body } = await ask('GET', '/plugins')
  expect(body).toMatchObject({
    total: 2,
    plugins: [
      { name: 'test-plugin', prefix: '/test-plugin', counts: { providers: 2 } },
      {
        name: 'cache',
        type: 'plugin',
        version: '2.1.0',
        kind: 'system',
        status: 'active',
        generation: 1,
        origin: 'definition',
        prefix: '/store',
        reason: null,
        counts: { handlers: 1, tools: 4, routes: 1, middleware: 1 },
      },
    ],
  })
})

test('status tells everything of every plugin, but no secret', async () => {
  await ask('POST', '/tools/cache.get', { parameters: { key: 'a' } })
  const { body } = await ask('GET', '/plugins/status')
  expect(body).toMatchObject({
    total: 2,
    droppedObservations: {},
    subscriptions: 0,
    plugins: [
      { name: 'test-plugin' },
      {
        name: 'cache',
        hooks: [{ hook: 'exchange.end', order: 'post', timeoutMs: 5000, onError: 'continue' }],
        tools: ['cache.get', 'cache.fail', 'cache.hang', 'cache.big'],
        routes: ['GET /store/stats'],
        middleware: ['observability'],
        counters: { toolCalls: 1, toolErrors: 0 },
        metrics: { calls: 1, tools: { 'cache.get': { calls: 1 } } },
      },
    ],
  })
  expect(await ask('GET', '/plugins/cache')).toMatchObject({
    status: 200,
    body: { name: 'cache', counters: { toolCalls: 1 } },
  })
  for (const [method, path] of ROUTES) expect(JSON.stringify(await ask(method, path))).not.toContain(CANARY)
})

test('a plugin’s health is told in one word, with what it says of itself', async () => {
  const details = { type: 'system', initialized: true, has_adapter: false, entries: 7, output: 'nearly full' }
  expect(await ask('GET', '/plugins/cache/health')).toEqual({
    status: 200,
    body: { plugin: 'cache', status: 'degraded', adapter_loaded: true, details },
  })
  expect(await ask('GET', '/plugins/test-plugin/health')).toMatchObject({
    status: 200,
    body: { status: 'healthy', details: { has_adapter: true } },
  })
  await gw.manager.unloadPlugin('cache')
  expect(await ask('GET', '/plugins/cache/health')).toMatchObject({
    status: 503,
    body: { status: 'unhealthy', adapter_loaded: false, details: { initialized: false } },
  })
})

test('a plugin’s configuration schema is given, or said not to be there', async () => {
  const answer = await fetch(`${gw.url}/plugins/cache/schema`, { headers: { 'x-api-key': OWNER_TOKEN } })
  expect(answer.headers.get('content-type')).toContain('application/schema+json')
  expect(await answer.json()).toEqual({ type: 'object', properties: { apiKey: { type: 'string' } } })
  expect(await ask('GET', '/plugins/test-plugin/schema')).toMatchObject({
    status: 404,
    body: { error: { code: 'SCHEMA_NOT_FOUND', message: expect.stringContaining('test-plugin') } },
  })
})

test('a plugin that is not there is 404 with the nearest name', async () => {
  for (const path of ['/plugins/cahe', '/plugins/cahe/health', '/plugins/cahe/schema'])
    expect(await ask('GET', path)).toMatchObject({
      status: 404,
      body: { error: { code: 'PLUGIN_NOT_FOUND', message: expect.stringContaining('cache') } },
    })
})

test('a plugin is reloaded, taken out and put back, with its configuration', async () => {
  expect(await ask('POST', '/plugins/cache/reload')).toMatchObject({ status: 200, body: { generation: 2 } })
  expect(await ask('POST', '/plugins/cache/disable')).toMatchObject({
    status: 200,
    body: { status: 'unloaded' },
  })
  expect(await stats()).toBe(404)
  expect((await ask('POST', '/plugins/cache/disable')).status).toBe(200)
  expect(await ask('POST', '/plugins/cache/enable')).toMatchObject({
    status: 200,
    body: { status: 'active', generation: 3 },
  })
  expect(await ask('POST', '/plugins/cache/enable')).toMatchObject({ body: { generation: 3 } })
  expect(await stats()).toBe(200)
})

test('a plugin others need is not taken out: 409 names them', async () => {
  await gw.manager.loadPlugin(
    definePlugin({ name: 'user', version: '1.0.0', dependencies: ['cache'], setup: () => {} }),
  )
  expect(await ask('POST', '/plugins/cache/disable')).toMatchObject({
    status: 409,
    body: { error: { code: 'PLUGIN_IN_USE', message: expect.stringContaining('user') } },
  })
})

test('a reload that fails says why and leaves the old one serving', async () => {
  let broken = false
  const fragile = definePlugin({
    name: 'fragile',
    version: '1.0.0',
    setup: () => {
      if (broken) throw new Error('no more')
    },
  })
  await gw.manager.loadPlugin(fragile)
  broken = true
  expect(await ask('POST', '/plugins/fragile/reload')).toMatchObject({
    status: 500,
    body: { error: { code: 'SETUP_FAILED', message: expect.stringContaining('no more') } },
  })
  expect(await ask('GET', '/plugins/fragile')).toMatchObject({
    body: { status: 'active', code: 'SETUP_FAILED' },
  })
})

test('tools are listed with their schema and run with their parameters', async () => {
  expect(await ask('GET', '/tools')).toMatchObject({
    body: {
      total: 4,
      tools: [
        { name: 'cache.get', plugin: 'cache', description: 'Gets', parameters: { required: ['key'] } },
        {},
        {},
        {},
      ],
    },
  })
  expect(await ask('POST', '/tools/cache.get', { parameters: { key: 'a' } })).toEqual({
    status: 200,
    body: { tool: 'cache.get', value: 'value of a' },
  })
  expect(await ask('POST', '/tools/cache.get', { parameters: { key: 'none' } })).toMatchObject({
    body: { value: null },
  })
})

test('a tool that cannot run says why: each cause has its status', async () => {
  const cases = [
    ['/tools/cache.gte', {}, 404, 'TOOL_NOT_FOUND'],
    ['/tools/cache.get', { parameters: { key: 5 } }, 400, 'TOOL_INPUT_INVALID'],
    ['/tools/cache.fail', undefined, 500, 'TOOL_FAILED'],
    ['/tools/cache.big', {}, 500, 'TOOL_FAILED'],
    ['/tools/cache.hang', { timeout: 20 }, 504, 'TOOL_TIMEOUT'],
  ] as const
  for (const [path, body, status, code] of cases)
    expect(await ask('POST', path, body)).toMatchObject({ status, body: { error: { code } } })
})

test('a call that is no call is 400 with what is wrong', async () => {
  for (const body of ['{', '[]', '1', { timeout: 0 }, { timeout: '5' }, { timeout: 1e12 }, { params: {} }]) {
    const { status, body: said } = await ask('POST', '/tools/cache.get', body)
    expect(status).toBe(400)
    expect(said).toHaveProperty('error.message')
  }
})

test('a caller who leaves aborts the tool', async () => {
  hung = null
  const abort = new AbortController()
  const asked = fetch(`${gw.url}/tools/cache.hang`, {
    method: 'POST',
    headers: { 'x-api-key': OWNER_TOKEN },
    signal: abort.signal,
  })
  await expect.poll(() => hung).not.toBeNull()
  abort.abort()
  await expect(asked).rejects.toThrow()
  await expect.poll(() => hung?.aborted).toBe(true)
})
