import { expect, test } from 'vitest'
import { anthropicHead, anthropicJson, anthropicSse } from '../testing/vendor-answers.ts'
import { json, sse } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway, TestGatewayOptions } from '../testing/test-gateway.ts'
import { recorded, testStore } from '../testing/test-ledger.ts'

const prices = { 'ant/ant-model': { input: 1000, output: 2000, cachedInput: 100, cacheWrite: 1250 } }
const call = { model: 'ant/ant-model', max_tokens: 9, messages: [] }

async function open(
  options: TestGatewayOptions = {},
): Promise<TestGateway & { store: Awaited<ReturnType<typeof testStore>> }> {
  const store = await testStore()
  const gw = await startGateway({
    prices,
    exchanges: store.exchanges,
    ledger: store.exchanges,
    holds: store.holds,
    ...options,
  })
  return { ...gw, store }
}

function get(gw: TestGateway, path: string): Promise<Response> {
  return fetch(gw.url + path, { headers: { authorization: `Bearer ${OWNER_TOKEN}` } })
}

test('an exchange ends with its cost, whole or streamed, and so it is recorded', async () => {
  const gw = await open()
  gw.upstream.script = json(anthropicJson)
  await (await gw.post('/v1/messages', call)).text()
  gw.upstream.script = sse(anthropicSse)
  await (await gw.post('/v1/messages', { ...call, stream: true })).text()
  // 12 tokens in and 5 out.
  expect((await gw.ended(2)).map(({ costUsd }) => costUsd)).toEqual([0.022, 0.022])
  const rows = await recorded(gw.store, 2)
  expect(
    rows.map(({ costUsd, provider: name, upstreamModel, inputTokens }) => [
      costUsd,
      name,
      upstreamModel,
      inputTokens,
    ]),
  ).toEqual([0, 1].map(() => [0.022, 'ant', 'ant-model', 12]))
  await gw.close()
})

test('a model without a price costs an unknown sum, a scripted one none, a refused request none', async () => {
  const gw = await open({
    setup: (ctx) => ctx.provider(provider('sim', 'anthropic', 'http://127.0.0.1:1', { simulated: true })),
  })
  gw.upstream.script = json(anthropicJson)
  await gw.post('/v1/messages', { ...call, model: 'ant/shared-model' })
  await gw.post('/v1/messages', { ...call, model: 'sim/sim-model' })
  await gw.post('/v1/messages', { ...call, model: 'nobody/nothing' })
  expect((await gw.ended(3)).map(({ outcome, costUsd }) => [outcome, costUsd])).toEqual([
    ['completed', null],
    ['failed', 0],
    ['rejected', 0],
  ])
  await gw.close()
})

test('an answer out of a cache is used but not paid for', async () => {
  let hit = false
  const gw = await open({
    setup: (ctx) =>
      ctx.hook('upstream.call', (_call, next) => {
        if (!hit) return next()
        const headers = { 'X-Agentproxy-Cache': 'hit' }
        return { kind: 'response', status: 200, headers, body: JSON.stringify(anthropicJson) }
      }),
  })
  gw.upstream.script = json(anthropicJson)
  await (await gw.post('/v1/messages', call)).text()
  hit = true
  const again = await gw.post('/v1/messages', call)
  expect(again.headers.get('x-agentproxy-cache')).toBe('hit')
  await again.text()
  expect((await gw.ended(2)).map(({ costUsd, usage }) => [costUsd, usage?.inputTokens])).toEqual([
    [0.022, 12],
    [0, 12],
  ])
  await gw.close()
})

test('a client that leaves in the middle is one row, with what was used by then', async () => {
  const gw = await open()
  gw.upstream.script = (response) =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(anthropicHead)
  const controller = new AbortController()
  const response = await gw.post('/v1/messages', { ...call, stream: true }, { signal: controller.signal })
  await response.body?.getReader().read()
  controller.abort()
  await gw.ended(1)
  gw.upstream.script = json(anthropicJson)
  await (await gw.post('/v1/messages', call)).text()
  const rows = await recorded(gw.store, 2)
  expect(rows.map(({ outcome }) => outcome).toSorted()).toEqual(['cancelled', 'completed'])
  expect(rows.find(({ outcome }) => outcome === 'cancelled')).toMatchObject({
    inputTokens: 12,
    costUsd: 0.014,
  })
  await gw.close()
})

test('GET /usage adds up by model, provider, task and day, within a span', async () => {
  const gw = await open()
  gw.upstream.script = json(anthropicJson)
  await gw.post('/v1/messages', call)
  await gw.post('/v1/messages', { ...call, model: 'ant-model' })
  await gw.post('/v1/messages', { ...call, model: 'ant/shared-model' })
  await recorded(gw.store, 3)
  const rows = async (query: string): Promise<unknown[]> =>
    ((await (await get(gw, `/usage${query}`)).json()) as { rows: unknown[] }).rows
  expect(await rows('')).toMatchObject([
    { group: 'ant/ant-model', exchanges: 2, inputTokens: 24, costUsd: 0.044, unpriced: 0 },
    { group: 'ant/shared-model', exchanges: 1, costUsd: null, unpriced: 1 },
  ])
  expect(await rows('?by=provider&since=1h')).toMatchObject([{ group: 'ant', exchanges: 3 }])
  expect(await rows('?by=task')).toMatchObject([{ group: null, exchanges: 3 }])
  expect(await rows('?by=day')).toMatchObject([
    { group: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), exchanges: 3 },
  ])
  expect(await rows('?by=model&until=1h')).toEqual([])
  await gw.close()
})

test.each(['?by=moon', '?since=yesterday', '?until=7', '?limit=3', '?since=2026-13-45'])(
  'GET /usage%s is refused in words',
  async (query) => {
    const gw = await open()
    const response = await get(gw, `/usage${query}`)
    expect(response.status).toBe(400)
    expect(await response.text()).toMatch(/must be|takes by/)
    await gw.close()
  },
)

test('usage is the owner’s affair', async () => {
  const gw = await open()
  const token = gw.gateway.issueTaskToken({ taskId: 't1', purpose: 'agent' })
  const response = await fetch(`${gw.url}/usage`, { headers: { authorization: `Bearer ${token}` } })
  expect(response.status).toBe(403)
  await gw.close()
})
