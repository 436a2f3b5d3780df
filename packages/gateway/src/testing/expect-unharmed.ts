import { expect } from 'vitest'
import { json } from './scripted-upstream.ts'
import { CANARY, OWNER_TOKEN } from './test-gateway.ts'
import type { TestGateway } from './test-gateway.ts'
import { anthropicJson } from './vendor-answers.ts'

/** Connections of this process, ours and the gateway's. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
}

/** One request that works. Its connection is not kept, so that it is not counted afterwards. */
export async function expectServing(gw: TestGateway): Promise<void> {
  const { script } = gw.upstream
  gw.upstream.script = json(anthropicJson, 200, { connection: 'close' })
  const body = { model: 'ant/ant-model', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }
  const answer = await gw.post('/v1/messages', body, { headers: { connection: 'close' } })
  expect(answer.status, await answer.text()).toBe(200)
  gw.upstream.script = script
}

/**
 * What holds after any fault: the next request works, every exchange had exactly one end and is recorded once, none is
 * open, no account is held, no connection is left, and no secret is in a log.
 */
export async function expectUnharmed(gw: TestGateway, socketsBefore: number): Promise<void> {
  await expectServing(gw)
  await expect.poll(() => gw.gateway.accounts().every(({ inFlight }) => inFlight === 0)).toBe(true)
  const metrics = await fetch(`${gw.url}/metrics`, {
    headers: { authorization: `Bearer ${OWNER_TOKEN}`, connection: 'close' },
  })
  expect(await metrics.text()).toMatch(/^agentproxy_gateway_open_exchanges 0$/m)
  const ids = gw.ends.map(({ exchangeId }) => exchangeId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(gw.records.map(({ id }) => id)).toEqual(ids)
  for (const secret of [CANARY, OWNER_TOKEN]) expect(gw.logs.join('\n')).not.toContain(secret)
  await expect.poll(openSockets, { timeout: 5_000 }).toBeLessThanOrEqual(socketsBefore)
}
