import { createGateway } from '@agentproxy/gateway'
import type { Gateway } from '@agentproxy/gateway'
import { PluginManager } from '@agentproxy/kernel'
import { providerSimulator } from '@agentproxy/provider-simulator'
import { afterEach, beforeEach, expect, test } from 'vitest'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const authorization = 'Bearer secret'
let manager: PluginManager
let gateway: Gateway
let url: string

beforeEach(async () => {
  manager = new PluginManager({ log })
  await manager.loadPlugin(providerSimulator)
  await manager.loadPlugin(import.meta.dirname, { config: { size: 3 } })
  gateway = await createGateway({ host: manager, exchanges: null, log, ownerToken: 'secret', version: '0' })
  url = (await gateway.listen({ host: '127.0.0.1', port: 0 })).url
})

afterEach(async () => {
  await gateway.close({ drainMs: 0 })
  await manager.shutdownAll()
})

const get = (path: string, headers: Record<string, string> = { authorization }) =>
  fetch(url + path, { headers })
const recent = async () => (await (await get('/request-log/recent?limit=2')).json()) as unknown[]

test('tells of the last requests, newest first, streamed model calls among them', async () => {
  const message = { role: 'user', content: 'Hi' }
  const body = JSON.stringify({ model: 'simulator/fix', max_tokens: 9, stream: true, messages: [message] })
  const headers = { authorization, 'content-type': 'application/json' }
  const streamed = await fetch(`${url}/v1/messages`, { method: 'POST', headers, body })
  expect(await streamed.text()).toContain('message_stop')
  expect((await get('/no/such')).status).toBe(404)
  expect(await recent()).toMatchObject([
    { method: 'GET', path: '/no/such', status: 404 },
    { method: 'POST', path: '/v1/messages', status: 200 },
  ])
  expect(await (await get('/request-log/status/404')).json()).toMatchObject([{ path: '/no/such' }])
})

test('tells nobody who shows no token, keeps as many as it may, and forgets when told to', async () => {
  expect((await get('/request-log/recent', {})).status).toBe(401)
  for (let count = 0; count < 5; count += 1) await get('/v1/models')
  const kept = await (await get('/request-log/recent?limit=100')).json()
  expect(kept).toHaveLength(3)
  expect((await fetch(`${url}/request-log`, { method: 'DELETE', headers: { authorization } })).status).toBe(
    204,
  )
  expect(await recent()).toMatchObject([{ method: 'DELETE' }])
})

test('its health is how most requests went, and its task is seen', async () => {
  await get('/v1/models')
  expect((await manager.healthCheck()).plugins['request-log']).toMatchObject({ status: 'pass' })
  expect(manager.getPlugin('request-log').tasks).toMatchObject([
    { name: 'forget', schedule: 'every 60000 ms' },
  ])
})
