// The measured gateway: the real one, with the bench upstream as its only provider and no store.
import { createGateway } from '@agentproxy/gateway'
import { PluginManager } from '@agentproxy/kernel'

const [, , upstream, token] = process.argv
const log = { debug() {}, info() {}, warn: console.error, error: console.error }
const host = new PluginManager({ log })
await host.loadPlugin({
  name: 'bench-upstream',
  version: '1.0.0',
  setup(ctx) {
    for (const [name, endpoints] of [
      [
        'bench',
        {
          anthropic: { url: `${upstream}/v1/messages` },
          'openai-chat': { url: `${upstream}/v1/chat/completions` },
        },
      ],
      ['bench-anthropic', { anthropic: { url: `${upstream}/v1/messages` } }],
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
const gateway = await createGateway({ host, exchanges: null, log, ownerToken: token, version: '0', env: {} })
const { url } = await gateway.listen({ host: '127.0.0.1', port: 0 })
process.send({ url })
process.on('message', (message) => message === 'cpu' && process.send({ cpuMicroseconds: cpu() }))
process.on('disconnect', () => process.exit(0))

function cpu() {
  const { user, system } = process.cpuUsage()
  return user + system
}
