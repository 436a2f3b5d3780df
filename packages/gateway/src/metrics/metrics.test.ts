import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { json } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import * as vendor from '../testing/vendor-answers.ts'
import { writeMetrics } from './metric-text.ts'
import { parsePrometheus } from './prometheus-text.test-support.ts'

let gw: TestGateway

function breaks(): never {
  throw new Error('no')
}
beforeAll(async () => {
  gw = await startGateway({
    setup(ctx) {
      const parameters = { type: 'object', properties: {} } as const
      ctx.tool('breaks', { description: 'Breaks.', parameters, execute: breaks })
    },
  })
})
afterAll(() => gw.close())

async function scrape() {
  const answer = await fetch(`${gw.url}/metrics`, { headers: { authorization: `Bearer ${OWNER_TOKEN}` } })
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return parsePrometheus(await answer.text())
}

async function open(): Promise<number | undefined> {
  return (await scrape()).get('agentproxy_gateway_open_exchanges')?.samples[0]?.value
}

const ask = { model: 'oai/x', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }

test('exchanges are counted by how they ended, with their tokens and their time', async () => {
  gw.upstream.script = json(vendor.openaiJson)
  await (await gw.post('/v1/chat/completions', ask)).text()
  await (await gw.post('/v1/messages', ask)).text()
  gw.upstream.script = json({ error: {} }, 500)
  await (await gw.post('/v1/chat/completions', ask)).text()
  await (await gw.post('/v1/messages', { ...ask, model: 'no"thing\\\n' })).text()
  const metrics = await scrape()
  const exchanges = metrics.get('agentproxy_gateway_exchanges_total')?.samples
  const at = { provider: 'oai', model: 'oai/x' }
  expect(exchanges?.map(({ labels, value }) => ({ ...labels, value }))).toEqual([
    { outcome: 'completed', ...at, format: 'openai-chat', value: 1 },
    { outcome: 'completed', ...at, format: 'anthropic', value: 1 },
    { outcome: 'failed', ...at, format: 'openai-chat', value: 1 },
    { outcome: 'rejected', provider: '', model: '', format: 'anthropic', value: 1 },
  ])
  const tokens = metrics.get('agentproxy_gateway_tokens_total')?.samples
  expect(tokens?.map(({ labels, value }) => [labels['type'], value])).toEqual([
    ['input', 24],
    ['output', 10],
  ])
  const durations = metrics.get('agentproxy_gateway_exchange_duration_seconds')?.samples ?? []
  const chat = durations.filter(({ labels }) => labels['format'] === 'openai-chat')
  expect(chat.find(({ name }) => name.endsWith('_count'))?.value).toBe(2)
  expect(chat.find(({ name }) => name.endsWith('_sum'))?.value).toBeGreaterThan(0)
  const buckets = chat.filter(({ name }) => name.endsWith('_bucket'))
  expect(buckets.at(-1)).toMatchObject({ labels: { le: '+Inf' }, value: 2 })
  expect(buckets.map(({ value }) => value)).toEqual(
    buckets.map(({ value }) => value).toSorted((a, b) => a - b),
  )
})

test('however many names clients make up, the labels stay few', async () => {
  gw.upstream.script = json(vendor.openaiJson)
  for (let batch = 0; batch < 6; batch += 1) {
    const all = Array.from({ length: 20 }, (_unused, index) =>
      gw.post('/v1/chat/completions', { ...ask, model: `oai/m-${batch}-${index}` }),
    )
    for (const answer of await Promise.all(all)) await answer.text()
  }
  const samples = (await scrape()).get('agentproxy_gateway_exchanges_total')?.samples ?? []
  const models = new Set(samples.map(({ labels }) => labels['model']))
  expect(models.size).toBeLessThanOrEqual(102)
  expect(samples.find(({ labels }) => labels['model'] === 'other')?.value).toBeGreaterThan(0)
})

test('plugins’ calls and errors are told', async () => {
  expect((await gw.post('/tools/breaks', {})).status).toBe(500)
  const metrics = await scrape()
  const labels = { plugin: 'test-plugin', kind: 'tools' }
  expect(metrics.get('agentproxy_plugin_calls_total')?.samples).toContainEqual(
    expect.objectContaining({ labels, value: 1 }),
  )
  expect(metrics.get('agentproxy_plugin_errors_total')?.samples).toContainEqual(
    expect.objectContaining({ labels, value: 1 }),
  )
  expect(metrics.get('agentproxy_plugins')?.samples).toMatchObject([
    { labels: { status: 'active' }, value: 1 },
  ])
})

test('open exchanges go up and come down again', async () => {
  let finish: (() => void) | undefined
  gw.upstream.script = (response) => {
    finish = () => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[]}')
  }
  const before = await open()
  const waiting = gw.post('/v1/chat/completions', ask)
  await expect.poll(open).toBe((before ?? 0) + 1)
  await expect.poll(() => finish).toBeDefined()
  finish?.()
  await (await waiting).text()
  await expect.poll(open).toBe(before)
})

test('whatever a label or a help text says can be read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.double(), (label, help, value) => {
      const family = {
        name: 'x_total',
        type: 'gauge',
        help,
        samples: [{ labels: { a: label }, value }],
      } as const
      const [sample] = parsePrometheus(writeMetrics([family])).get('x_total')?.samples ?? []
      expect(sample?.labels['a']).toBe(label)
      expect(sample?.value).toBe(Object.is(value, -0) ? 0 : value)
    }),
  )
})
