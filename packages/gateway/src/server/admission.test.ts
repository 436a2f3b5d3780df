import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { makeKey } from '../access/virtual-key.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { testStore } from '../testing/test-ledger.ts'
import { anthropicJson } from '../testing/vendor-answers.ts'

const ASK = { model: 'ant/ant-model', max_tokens: 5, messages: [] }

let gw: TestGateway
let keyOfNoisy = ''
afterEach(() => gw.close())

/** Calls under way at the upstream, until they are answered. */
const held: ServerResponse[] = []

async function start(limits: Record<string, number>): Promise<void> {
  held.length = 0
  const { keys, exchanges, holds } = await testStore()
  const { key, ...rest } = makeKey()
  const none = { budgetUsd: null, tokensPerDay: null, requestsPerMinute: null, tokensPerMinute: null }
  await keys.create({ ...rest, name: 'noisy', models: [], limits: none, expiresAt: null })
  keyOfNoisy = key
  gw = await startGateway({ limits, keys, exchanges, ledger: exchanges, holds })
  gw.upstream.script = (response) => void held.push(response)
}

function answer(): void {
  held.shift()?.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(anthropicJson))
}

const asked = (signal?: AbortSignal) =>
  gw.post('/v1/messages', ASK, { headers: { connection: 'close' }, ...(signal !== undefined && { signal }) })
const noisy = () =>
  gw.post('/v1/messages', ASK, { headers: { authorization: `Bearer ${keyOfNoisy}`, connection: 'close' } })
const underWay = (count: number) => expect.poll(() => held.length).toBe(count)
const waiting = (count: number) =>
  expect
    .poll(async () => {
      const text = await (
        await fetch(`${gw.url}/metrics`, { headers: { authorization: `Bearer ${OWNER_TOKEN}` } })
      ).text()
      return Number(/^agentproxy_gateway_waiting_requests (\d+)$/m.exec(text)?.[1])
    })
    .toBe(count)

test('what is too much waits for its turn, and beyond that is told to come back', async () => {
  await start({ openExchanges: 2, waitingExchanges: 2, waitMs: 60_000 })
  const open = [asked(), asked()]
  await underWay(2)
  const gone = new AbortController()
  const left = asked(gone.signal).catch(() => 'left')
  await waiting(1)
  const third = asked()
  await waiting(2)
  const refused = await asked()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await refused.json()).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } })
  expect((await fetch(`${gw.url}/health`)).status).toBe(200)
  gone.abort()
  expect(await left).toBe('left')
  await waiting(1)
  answer()
  await waiting(0)
  await underWay(2)
  answer()
  answer()
  for (const one of [...open, third]) expect((await one).status).toBe(200)
  expect(gw.upstream.seen).toHaveLength(3)
  expect(gw.ends.filter(({ reason }) => reason === 'busy')).toHaveLength(1)
})

test('who waits in vain is told to come back, and so are all when the gateway closes', async () => {
  await start({ openExchanges: 1, waitingExchanges: 5, waitMs: 200 })
  const first = asked()
  await underWay(1)
  const late = await asked()
  expect([late.status, late.headers.get('retry-after')]).toEqual([503, '1'])
  answer()
  expect((await first).status).toBe(200)
  await gw.close()
  await start({ openExchanges: 1, waitingExchanges: 5, waitMs: 60_000 })
  const kept = asked()
  await underWay(1)
  const turned = asked()
  await waiting(1)
  const closing = gw.gateway.close({ drainMs: 10_000 })
  expect((await turned).status).toBe(503)
  answer()
  expect((await kept).status).toBe(200)
  await closing
})

test('one key leaves room for the others', async () => {
  await start({ openExchanges: 10, openPerKey: 2, waitingExchanges: 5, waitMs: 60_000 })
  const open = [noisy(), noisy()]
  await underWay(2)
  const third = await noisy()
  expect([third.status, third.headers.get('retry-after')]).toEqual([429, '1'])
  const other = asked()
  await underWay(3)
  for (let count = 0; count < 3; count += 1) answer()
  for (const one of [...open, other]) expect((await one).status).toBe(200)
  const again = noisy()
  await underWay(1)
  answer()
  expect((await again).status).toBe(200)
})
