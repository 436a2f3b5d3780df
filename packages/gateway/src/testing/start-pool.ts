import type { CredentialRule, UpstreamCall, WireFormat } from '@agentproxy/plugin'
import type { RoutingSettings } from '../routing/routing-options.ts'
import { ScriptedUpstream } from './scripted-upstream.ts'
import { CANARY, provider, startGateway } from './test-gateway.ts'
import type { TestGateway, TestGatewayOptions } from './test-gateway.ts'

export interface PoolOptions {
  readonly routing?: RoutingSettings
  /** Format of the second upstream. Default `anthropic`, as the first. */
  readonly secondFormat?: WireFormat
  readonly setup?: TestGatewayOptions['setup']
}

/** A gateway whose model `pool` is two upstreams in order; `team` is one upstream with the accounts `a` and `b`. */
export interface Pool {
  readonly gw: TestGateway
  readonly first: ScriptedUpstream
  readonly second: ScriptedUpstream
  readonly calls: UpstreamCall[]
  ask(over?: Record<string, unknown>, signal?: AbortSignal): Promise<Response>
  close(): Promise<void>
}

export const KEYS = { a: `${CANARY}-a`, b: `${CANARY}-b` } as const

function key(env: string): CredentialRule {
  return { env, header: 'x-api-key', prefix: '' }
}

export async function startPool({
  routing,
  secondFormat = 'anthropic',
  setup,
}: PoolOptions = {}): Promise<Pool> {
  const first = await new ScriptedUpstream().listen()
  const second = await new ScriptedUpstream().listen()
  const calls: UpstreamCall[] = []
  const gw = await startGateway({
    env: { ANT_KEY: CANARY, OAI_KEY: CANARY, KEY_A: KEYS.a, KEY_B: KEYS.b },
    aliases: { pool: ['one/m', 'two/m'], alone: ['one/m'], refused: ['down/m', 'two/m'] },
    ...(routing !== undefined && { routing }),
    setup(ctx) {
      const any = { passesUnknownModels: true }
      const accounts = [
        { label: 'a', credential: key('KEY_A'), weight: 1 },
        { label: 'b', credential: key('KEY_B'), weight: 1 },
      ]
      ctx.provider(provider('one', 'anthropic', first.url, any))
      ctx.provider(provider('two', secondFormat, second.url, any))
      ctx.provider(provider('down', 'anthropic', 'http://127.0.0.1:1', any))
      ctx.provider(provider('team', 'anthropic', first.url, { ...any, accounts }))
      ctx.hook('upstream.call', (call, next) => {
        calls.push(call)
        return next()
      })
      setup?.(ctx)
    },
  })
  return {
    gw,
    first,
    second,
    calls,
    ask: (over, signal) =>
      gw.post(
        '/v1/messages',
        { model: 'pool', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }], ...over },
        signal === undefined ? {} : { signal },
      ),
    async close() {
      await gw.close()
      await Promise.all([first.close(), second.close()])
    },
  }
}
