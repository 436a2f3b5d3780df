import type { WireFormat } from '@agentproxy/plugin'
import { ScriptedUpstream } from './scripted-upstream.ts'
import { speaker } from './spoken.ts'
import { startGateway } from './test-gateway.ts'
import type { TestGateway, TestGatewayOptions } from './test-gateway.ts'

/** A gateway that continues broken streams. The model `pool` is the upstream `first`, then `second`; `alone` is `first`. */
export interface RescuePair {
  readonly gw: TestGateway
  readonly first: ScriptedUpstream
  readonly second: ScriptedUpstream
  close(): Promise<void>
}

export async function startRescue(
  formats: { readonly first: WireFormat; readonly second?: WireFormat },
  { routing, setup, ...over }: TestGatewayOptions = {},
): Promise<RescuePair> {
  const first = await new ScriptedUpstream().listen()
  const second = await new ScriptedUpstream().listen()
  const gw = await startGateway({
    aliases: { pool: ['one/m', 'two/m'], alone: ['one/m'], older: ['one/m', 'two/claude-sonnet-4-5'] },
    prices: { 'one/m': { input: 1_000_000, output: 0 }, 'two/m': { input: 0, output: 1_000_000 } },
    routing: { rescue: 'continue', timeouts: { idleMs: 400 }, retries: { max: 1 }, ...routing },
    setup(ctx) {
      ctx.provider(speaker('one', formats.first, first.url))
      ctx.provider(speaker('two', formats.second ?? formats.first, second.url))
      setup?.(ctx)
    },
    ...over,
  })
  return {
    gw,
    first,
    second,
    async close() {
      await gw.close()
      await Promise.all([first.close(), second.close()])
    },
  }
}
