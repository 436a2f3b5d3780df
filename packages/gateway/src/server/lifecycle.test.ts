import { PluginManager } from '@agentproxy/kernel'
import { expect, test } from 'vitest'
import { GatewayError } from '../errors.ts'
import { startGateway } from '../testing/test-gateway.ts'
import { createGateway } from './create-gateway.ts'
import { anthropicHead, anthropicJson } from '../testing/vendor-answers.ts'

const ASK = { model: 'ant/ant-model', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }

test('an address that others can reach is refused', async () => {
  const gw = await startGateway()
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.com', '']) {
    await expect(gw.gateway.listen({ host, port: 0 })).rejects.toMatchObject({ code: 'HOST_NOT_LOOPBACK' })
  }
  await gw.close()
})

test('a port in use is named, with what to do', async () => {
  const holder = await startGateway()
  const manager = new PluginManager()
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const gateway = await createGateway({
    host: manager,
    exchanges: null,
    log,
    ownerToken: 'x'.repeat(20),
    version: '1',
  })
  const failed = gateway.listen({ host: 'localhost', port: holder.port })
  await expect(failed).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(`${holder.port}`),
  })
  await expect(failed).rejects.toSatisfy((error) => GatewayError.is(error))
  await gateway.close({ drainMs: 0 })
  await holder.close()
})

test('closing lets a request in flight finish and takes no new one', async () => {
  const gw = await startGateway()
  let answer: (() => void) | undefined
  gw.upstream.script = (response) => {
    answer = () =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(anthropicJson))
  }
  const asked = gw.post('/v1/messages', ASK)
  await expect.poll(() => gw.upstream.seen.length).toBe(1)
  const closing = gw.gateway.close({ drainMs: 5_000 })
  const statusOf = async (path: string): Promise<number> => (await fetch(gw.url + path)).status
  expect([await statusOf('/health'), await statusOf('/readyz'), await statusOf('/livez')]).toEqual([
    503, 503, 200,
  ])
  expect((await gw.post('/v1/messages', ASK)).status).toBe(503)
  expect(gw.upstream.seen).toHaveLength(1)
  answer?.()
  expect((await asked).status).toBe(200)
  await closing
  expect(gw.ends.map(({ outcome }) => outcome)).toEqual(['completed'])
  await expect(fetch(`${gw.url}/readyz`)).rejects.toThrow()
  await gw.close()
})

test('what is not done in time is ended with an honest error, and its upstream is let go', async () => {
  const gw = await startGateway()
  gw.upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(anthropicHead)
  }
  const waiting = gw.post('/v1/messages', { ...ASK, stream: true })
  const streaming = await waiting
  const text = streaming.text().catch((error: unknown) => String(error))
  const begun = Date.now()
  await gw.gateway.close({ drainMs: 100 })
  expect(Date.now() - begun).toBeLessThan(5_000)
  expect(await text).not.toContain('message_stop')
  await gw.upstream.seen[0]?.closed
  expect(gw.ends).toMatchObject([{ outcome: 'failed', reason: 'shutdown' }])
  await gw.close()
})

test('a closed gateway does not listen again', async () => {
  const gw = await startGateway()
  await gw.close()
  await expect(gw.gateway.listen({ host: '127.0.0.1', port: 0 })).rejects.toMatchObject({ code: 'CLOSED' })
})
