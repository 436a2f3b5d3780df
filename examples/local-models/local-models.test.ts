import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway } from '@agentproxy/gateway'
import { PluginManager } from '@agentproxy/kernel'
import Anthropic from '@anthropic-ai/sdk'
import { afterEach, beforeEach, expect, test } from 'vitest'

const log = { debug() {}, info() {}, warn() {}, error() {} }
let server: Server
let models: string[]
let manager: PluginManager

beforeEach(async () => {
  models = ['tiny']
  server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url === '/v1/models') {
      response.end(JSON.stringify({ data: models.map((id) => ({ id })) }))
      return
    }
    request.resume().on('end', () => {
      const message = { role: 'assistant', content: 'Hello from here' }
      const choices = [{ index: 0, message, finish_reason: 'stop' }]
      response.end(
        JSON.stringify({ id: 'c1', object: 'chat.completion', created: 1, model: 'tiny', choices }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  manager = new PluginManager({ log })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`
  await manager.loadPlugin(import.meta.dirname, { config: { baseUrl } })
})

afterEach(async () => {
  await manager.shutdownAll()
  server.closeAllConnections()
  server.close()
})

test('a server of this machine answers clients of another format, under the names it tells', async () => {
  const gateway = await createGateway({
    host: manager,
    exchanges: null,
    log,
    ownerToken: 'secret',
    version: '0',
  })
  try {
    const { url } = await gateway.listen({ host: '127.0.0.1', port: 0 })
    const client = new Anthropic({ baseURL: url, apiKey: 'secret', maxRetries: 0 })
    const ask = (model: string) =>
      client.messages.create({ model, max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] })
    expect((await ask('local-models/tiny')).content).toMatchObject([
      { type: 'text', text: 'Hello from here' },
    ])
    await expect(ask('local-models/huge')).rejects.toThrow('huge')
  } finally {
    await gateway.close({ drainMs: 0 })
  }
})

test('its health tells of a server without models, and of one that is gone', async () => {
  const health = async () => (await manager.healthCheck()).plugins['local-models']
  expect(await health()).toMatchObject({ status: 'pass', details: { models: 1 } })
  models = []
  await manager.reloadPlugin('local-models')
  expect(await health()).toMatchObject({ status: 'warn', output: 'the server has no models' })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await manager.reloadPlugin('local-models')
  expect(await health()).toMatchObject({ status: 'fail' })
})

test('a base URL that would send requests over the open net in plain text is refused', async () => {
  await expect(manager.configurePlugin('local-models', { baseUrl: 'http://example.com/v1' })).rejects.toThrow(
    'baseUrl: must begin with https://',
  )
})
