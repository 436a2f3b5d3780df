import { PluginError } from '@agentproxy/plugin'
import { Agent, request } from 'undici'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parsePrometheus } from '../metrics/prometheus-text.test-support.ts'
import { json } from '../testing/scripted-upstream.ts'
import { startCluster } from '../testing/start-cluster.ts'
import type { FromHub } from './peer-message.ts'
import type { TestCluster } from '../testing/start-cluster.ts'
import { OWNER_TOKEN } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import * as vendor from '../testing/vendor-answers.ts'

const headers = { authorization: `Bearer ${OWNER_TOKEN}` }

let cluster: TestCluster
let one: TestGateway
let two: TestGateway
beforeEach(async () => {
  cluster = await startCluster({}, {})
  const [first, second] = cluster.gateways
  if (first === undefined || second === undefined) throw new Error('no gateways')
  ;[one, two] = [first, second]
  for (const { upstream } of cluster.gateways) upstream.script = json(vendor.openaiJson)
})
afterEach(() => cluster.close())

async function talk(gateway: TestGateway, model: string): Promise<number> {
  const answer = await gateway.post('/v1/chat/completions', { model, messages: [] })
  await answer.text()
  return answer.status
}

async function get(gateway: TestGateway, path: string) {
  const answer = await fetch(gateway.url + path, { headers })
  return { status: answer.status, body: (await answer.json()) as Record<string, never> }
}

const lanes = (gateway: TestGateway) =>
  gateway.gateway.accounts().find((account) => account.provider === 'oai')?.models

/** How many exchanges the metrics tell of. */
async function counted(gateway: TestGateway): Promise<number> {
  const answer = await fetch(`${gateway.url}/metrics`, { headers })
  const families = parsePrometheus(await answer.text())
  expect(families.get('agentproxy_build_info')?.samples).toMatchObject([{ value: 1 }])
  expect(families.get('agentproxy_plugins')?.samples).toMatchObject([{ value: 1 }])
  const samples = families.get('agentproxy_gateway_exchanges_total')?.samples ?? []
  return samples.reduce((sum, { value }) => sum + value, 0)
}

/** Reads events until there are so many of exchanges, and gives their ids and models. */
async function read(gateway: TestGateway, count: number, lastId?: number) {
  const controller = new AbortController()
  const answer = await fetch(`${gateway.url}/events`, {
    headers: { ...headers, ...(lastId !== undefined && { 'last-event-id': String(lastId) }) },
    signal: controller.signal,
  })
  const found = (async () => {
    let text = ''
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString()
      const all = [...text.matchAll(/^id: (\d+)\nevent: exchange\.end\ndata: (.*)\n\n/gm)]
      if (all.length >= count) break
    }
    controller.abort()
    return [...text.matchAll(/^id: (\d+)\nevent: exchange\.end\ndata: (.*)\n\n/gm)].map(
      ([, id = '', data = '']) => ({ id: Number(id), model: (JSON.parse(data) as { model: string }).model }),
    )
  })()
  return found
}

test('whoever reads the events of one reads those of all, numbered the same everywhere', async () => {
  await talk(one, 'oai/a')
  await talk(two, 'oai/b')
  const fromOne = await read(one, 2, 0)
  expect(fromOne.map(({ model }) => model).toSorted()).toEqual(['oai/a', 'oai/b'])
  expect(await read(two, 2, 0)).toEqual(fromOne)
  const behind = read(two, 4, fromOne[0]?.id)
  await talk(one, 'oai/c')
  await talk(two, 'oai/d')
  await talk(one, 'oai/e')
  const followed = await behind
  expect(followed[0]).toEqual(fromOne[1])
  const ids = followed.map(({ id }) => id)
  expect(ids).toEqual(ids.map((_id, index) => (ids[0] ?? 0) + index))
})

test('events nobody read in time are a gap to who comes back, not a silent loss', async () => {
  await talk(one, 'oai/first')
  const [first] = await read(two, 1, 0)
  const { hub } = cluster
  hub.receive(1, {
    kind: 'events',
    dropped: 500,
    events: Array.from({ length: 1_000 }, (_unused, index) => ({
      type: 'exchange.end',
      data: { model: `m${index}` },
    })),
  })
  const controller = new AbortController()
  const answer = await fetch(`${two.url}/events`, {
    headers: { ...headers, 'last-event-id': String(first?.id) },
    signal: controller.signal,
  })
  let text = ''
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (text.includes('"m999"')) break
  }
  controller.abort()
  expect(text).toContain('event: gap\ndata: {"missed":500}')
})

test('a cool-down that one learns of holds for all, and so does the end of an open breaker', async () => {
  one.upstream.script = json({ error: {} }, 429, { 'retry-after': '3600' })
  expect(await talk(one, 'oai/x')).toBe(429)
  await expect.poll(() => lanes(two)).toEqual(lanes(one))
  expect(lanes(two)).toMatchObject([{ model: 'x', state: 'cooling' }])
  const before = two.upstream.seen.length
  expect(await talk(two, 'oai/x')).toBe(429)
  expect(two.upstream.seen).toHaveLength(before)
})

test('failures in different processes open one breaker', async () => {
  for (const { upstream } of cluster.gateways) upstream.script = json({ error: {} }, 500)
  for (const gateway of [one, two, one, two, one]) await talk(gateway, 'oai/y')
  await expect.poll(() => [lanes(one)?.[0]?.state, lanes(two)?.[0]?.state]).toEqual(['open', 'open'])
})

test('metrics are the sum of all, and what was counted stays when one leaves', async () => {
  for (const gateway of [one, two, two]) await talk(gateway, 'oai/z')
  expect([await counted(one), await counted(two)]).toEqual([3, 3])
  await talk(two, 'oai/z')
  await two.gateway.close({ drainMs: 0, handOver: true })
  await expect.poll(() => counted(one)).toBe(4)
  cluster.hub.leave(2)
  expect(await counted(one)).toBe(4)
  const three = await cluster.join()
  three.upstream.script = json(vendor.openaiJson)
  await talk(three, 'oai/z')
  expect([await counted(one), await counted(three)]).toEqual([5, 5])
})

test('a plugin is switched everywhere, also where a process begins later', async () => {
  const states = async () =>
    Promise.all(
      cluster.gateways.map(({ manager }) => manager.getPluginStatus().plugins.map(({ status }) => status)),
    )
  expect((await one.post('/plugins/test-plugin/disable', {})).status).toBe(200)
  expect(await states()).toEqual([['unloaded'], ['unloaded']])
  const begun: FromHub[] = []
  cluster.hub.join(3, { send: (message) => void begun.push(message), disabledPlugins: [] })
  expect(begun).toContainEqual(
    expect.objectContaining({ topic: 'plugin', data: { name: 'test-plugin', action: 'disable' } }),
  )
  cluster.hub.leave(3)
  expect((await two.post('/plugins/test-plugin/enable', {})).status).toBe(200)
  await expect.poll(states).toEqual([['active'], ['active']])
  expect(cluster.hub.disabledPlugins).toEqual([])
})

test('a change that fails in one process is said, and the list shows where a plugin is otherwise', async () => {
  two.manager.reloadPlugin = () => Promise.reject(new PluginError('SETUP_FAILED', 'broken here'))
  const answer = await one.post('/plugins/test-plugin/reload', {})
  expect(answer.status).toBe(500)
  expect(await answer.json()).toMatchObject({
    error: { code: 'WORKERS_DIFFER', message: expect.stringContaining('worker 2: broken here') },
  })
  await two.manager.unloadPlugin('test-plugin')
  const { body } = await get(one, '/plugins')
  expect(body['plugins']).toMatchObject([
    { name: 'test-plugin', status: 'active', elsewhere: [{ worker: 2, status: 'unloaded' }] },
  ])
})

test('health is the worst of all, and a process that ends while it is asked has failed', async () => {
  const sick = await startCluster(
    { health: async () => report('pass', '') },
    { health: async () => report('warn', 'low on disk') },
  )
  const [well] = sick.gateways
  if (well === undefined) throw new Error('no gateway')
  const degraded = await get(well, '/health')
  expect(degraded).toMatchObject({
    status: 200,
    body: { status: 'warn', checks: { 'plugin-p:responseTime': [{ output: 'worker 2: low on disk' }] } },
  })
  const end = (message: FromHub): void => {
    if (message.kind === 'asked') sick.hub.leave(9)
  }
  sick.hub.join(9, { send: end, disabledPlugins: [] })
  expect(await get(well, '/health')).toMatchObject({
    status: 503,
    body: { status: 'fail', checks: { 'plugin-worker-9:responseTime': [{ output: 'it ended meanwhile' }] } },
  })
  await sick.close()
})

function report(status: 'pass' | 'warn', output: string) {
  return { status, checkedAt: Date.now(), plugins: { p: { status, output, details: {}, durationMs: 1 } } }
}

test('a process that hands over serves who is connected to their end, and refuses nobody', async () => {
  const agent = new Agent({ connections: 1, pipelining: 1 })
  const ask = () =>
    request(`${one.url}/v1/chat/completions`, {
      dispatcher: agent,
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'oai/x', messages: [] }),
    })
  const first = await ask()
  await first.body.text()
  expect(first.headers['connection']).toBe('keep-alive')
  const closing = one.gateway.close({ drainMs: 5_000, handOver: true })
  const second = await ask()
  expect([second.statusCode, second.headers['connection']]).toEqual([200, 'close'])
  await second.body.text()
  await closing
  await agent.close()
})
