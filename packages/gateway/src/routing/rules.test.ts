import { afterEach, expect, test } from 'vitest'
import { json } from '../testing/scripted-upstream.ts'
import { startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { openaiJson } from '../testing/vendor-answers.ts'
import type { RoutingRule } from './routing-options.ts'

let gw: TestGateway
afterEach(() => gw.close())

async function start(...rules: readonly RoutingRule[]): Promise<void> {
  gw = await startGateway({ routing: { rules }, aliases: { cheap: ['oai/cheap-one'] } })
  gw.upstream.script = json(openaiJson)
}

/** The model that the upstream was asked for. */
async function asked(
  model: string,
  { content = 'hi', path = '/v1/chat/completions', headers = {} } = {},
): Promise<unknown> {
  const body = { model, messages: [{ role: 'user', content }] }
  expect((await gw.post(path, body, { headers })).status).toBe(200)
  return (JSON.parse(gw.upstream.seen.at(-1)?.body.toString() ?? '') as { model?: unknown }).model
}

test('the first rule whose conditions all hold decides, and its target may be an alias', async () => {
  await start(
    { when: { model: 'oai/big-*', tag: 'night' }, use: 'cheap' },
    { when: { model: 'oai/big-*' }, use: 'oai/other' },
    { when: { headers: { 'User-Agent': 'opencode/*' } }, use: 'oai/for-opencode' },
  )
  expect(await asked('oai/small')).toBe('small')
  expect(await asked('oai/big-1')).toBe('other')
  expect(await asked('oai/big-1', { headers: { 'x-agentproxy-tag': 'a, night' } })).toBe('cheap-one')
  expect(await asked('oai/big-1', { headers: { 'x-agentproxy-tag': 'nightly' } })).toBe('other')
  expect(await asked('oai/small', { headers: { 'user-agent': 'opencode/1.2' } })).toBe('for-opencode')
  expect(await asked('big-1', { path: '/oai/v1/chat/completions' })).toBe('big-1')
  expect(gw.ends.map(({ model }) => model)).toContain('oai/big-1')
})

test('a long conversation goes to a model that can hold it', async () => {
  await start({ when: { inputTokensAbove: 1_000 }, use: 'oai/long' })
  expect(await asked('oai/short', { content: 'x'.repeat(3_500) })).toBe('short')
  expect(await asked('oai/short', { content: 'x'.repeat(4_500) })).toBe('long')
})

test('a rule that leads nowhere says so', async () => {
  await start({ when: { model: 'oai/*' }, use: 'nowhere/at-all' })
  const answer = await gw.post('/v1/chat/completions', { model: 'oai/x', messages: [] })
  expect(answer.status).toBe(404)
  expect(await answer.text()).toContain('nowhere/at-all')
})
