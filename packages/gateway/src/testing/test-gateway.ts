import { PluginManager } from '@agentproxy/kernel'
import { definePlugin } from '@agentproxy/plugin'
import type { ExchangeEnd, PluginContext, ProviderDefinition, WireFormat } from '@agentproxy/plugin'
import type { ExchangeRecord } from '@agentproxy/store'
import { createGateway } from '../server/create-gateway.ts'
import type { Gateway, GatewayOptions } from '../server/create-gateway.ts'
import { ScriptedUpstream } from './scripted-upstream.ts'

export const OWNER_TOKEN = 'owner-token-0123456789abcdef'
/** Stands for a vendor's key; must never be seen outside the upstream request's own header. */
export const CANARY = 'sk-canary-3f9d1c77'

export interface TestGatewayOptions extends Partial<Omit<GatewayOptions, 'host' | 'log'>> {
  /** What a plugin of the test adds: hooks, providers. */
  readonly setup?: (ctx: PluginContext) => void
}

/** The real gateway over the real kernel, with two providers at one scripted upstream: `ant` and `oai`. */
export interface TestGateway {
  readonly gateway: Gateway
  readonly manager: PluginManager
  readonly upstream: ScriptedUpstream
  readonly url: string
  readonly port: number
  readonly records: ExchangeRecord[]
  readonly ends: ExchangeEnd[]
  readonly logs: string[]
  /** Waits until `count` exchanges have ended. */
  ended(count: number): Promise<readonly ExchangeEnd[]>
  post(
    path: string,
    body: unknown,
    init?: { headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<Response>
  close(): Promise<void>
}

const PATHS: Readonly<Partial<Record<WireFormat, string>>> = {
  anthropic: '/v1/messages',
  'openai-chat': '/v1/chat/completions',
}

export function provider(
  name: string,
  format: WireFormat,
  base: string,
  over: Partial<ProviderDefinition> = {},
): ProviderDefinition {
  return {
    name,
    displayName: name,
    endpoints: { [format]: { url: `${base}${PATHS[format]}` } },
    credential:
      format === 'anthropic'
        ? { env: 'ANT_KEY', header: 'x-api-key', prefix: '' }
        : { env: 'OAI_KEY', header: 'authorization', prefix: 'Bearer ' },
    headers: {},
    models: () => [{ id: `${name}-model` }, { id: 'shared-model' }],
    passesUnknownModels: false,
    simulated: false,
    ...over,
  }
}

export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { setup, ...over } = options
  const upstream = await new ScriptedUpstream().listen()
  const [records, ends, logs]: [ExchangeRecord[], ExchangeEnd[], string[]] = [[], [], []]
  const write = (message: string, fields?: unknown): void =>
    void logs.push(`${message} ${JSON.stringify(fields)}`)
  const log = { debug: write, info: write, warn: write, error: write }
  const manager = new PluginManager({ log })
  await manager.loadPlugin(
    definePlugin({
      name: 'test-plugin',
      version: '1.0.0',
      setup(ctx) {
        ctx.provider(provider('ant', 'anthropic', upstream.url))
        ctx.provider(provider('oai', 'openai-chat', upstream.url, { passesUnknownModels: true }))
        ctx.hook('exchange.end', (end) => void ends.push(end))
        setup?.(ctx)
      },
    }),
  )
  const gateway = await createGateway({
    host: manager,
    plugins: manager,
    exchanges: { add: async (record) => void records.push(record) },
    log,
    ownerToken: OWNER_TOKEN,
    version: '9.9.9',
    env: { ANT_KEY: CANARY, OAI_KEY: CANARY },
    ...over,
  })
  const { url } = await gateway.listen({ host: '127.0.0.1', port: 0 })
  return {
    gateway,
    manager,
    upstream,
    url,
    port: Number(new URL(url).port),
    records,
    ends,
    logs,
    ended: (count) => waitForLength(ends, count),
    post: (path, body, init) => post(url + path, body, init),
    async close() {
      await gateway.close({ drainMs: 0 })
      await manager.shutdownAll()
      await upstream.close()
    },
  }
}

function post(
  url: string,
  body: unknown,
  init: { headers?: Record<string, string>; signal?: AbortSignal } = {},
) {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${OWNER_TOKEN}`, ...init.headers },
    body: typeof body === 'string' || Buffer.isBuffer(body) ? (body as string) : JSON.stringify(body),
    ...(init.signal === undefined ? {} : { signal: init.signal }),
  })
}

async function waitForLength<T>(list: readonly T[], count: number): Promise<readonly T[]> {
  const deadline = Date.now() + 10_000
  while (list.length < count) {
    if (Date.now() > deadline) throw new Error(`only ${list.length} of ${count} came`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return list
}
