// The measured gateway: the real one, with the bench upstream as its only provider. `full` adds what `agentproxy serve` has
// beside: a ledger in SQLite, and plugins that hear every hook a request passes.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createGateway } from '@agentproxy/gateway'
import { PluginManager } from '@agentproxy/kernel'
import { openStore } from '@agentproxy/store'

const [, , upstream, token, full] = process.argv
const log = { debug() {}, info() {}, warn: console.error, error: console.error }
const host = new PluginManager({ log })
await host.loadPlugin({
  name: 'bench-upstream',
  version: '1.0.0',
  setup(ctx) {
    const anthropic = { url: `${upstream}/v1/messages` }
    const chat = { url: `${upstream}/v1/chat/completions` }
    for (const [name, endpoints] of [
      ['bench', { anthropic, 'openai-chat': chat }],
      ['bench-anthropic', { anthropic }],
    ])
      ctx.provider({
        name,
        endpoints,
        displayName: name,
        credential: null,
        headers: {},
        models: () => [{ id: 'bench' }],
        passesUnknownModels: true,
        simulated: false,
      })
  },
})
const folder = full === 'full' ? mkdtempSync(join(tmpdir(), 'agentproxy-bench-')) : null
const store = folder === null ? null : await openStore({ path: join(folder, 'bench.db') })
if (folder !== null) for (let index = 0; index < 3; index += 1) await host.loadPlugin(listener(index))

/** Hears what a request passes, and lets it pass. */
function listener(index) {
  return {
    name: `bench-listener-${index}`,
    version: '1.0.0',
    setup(ctx) {
      let seen = 0
      ctx.hook('request.received', () => void (seen += 1))
      ctx.hook('model.route', () => null)
      ctx.hook('request.prepare', () => void (seen += 1))
      ctx.hook('upstream.call', (_call, next) => next())
      ctx.hook('exchange.end', () => void (seen += 1))
    },
  }
}

const gateway = await createGateway({
  host,
  exchanges: store?.exchanges ?? null,
  ...(store !== null && { ledger: store.exchanges }),
  log,
  ownerToken: token,
  version: '0',
  env: {},
})
const { url } = await gateway.listen({ host: '127.0.0.1', port: 0 })
process.send({ url })

const delay = monitorEventLoopDelay({ resolution: 10 })
process.on('message', (word) => {
  if (word === 'watch') {
    delay.reset()
    delay.enable()
    process.send({})
  } else {
    delay.disable()
    process.send({ p99Ms: delay.percentile(99) / 1e6 })
  }
})
process.on('disconnect', () => {
  if (folder !== null) rmSync(folder, { recursive: true, force: true })
  process.exit(0)
})
