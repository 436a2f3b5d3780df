import { afterEach, expect, test } from 'vitest'
import { json } from '../testing/scripted-upstream.ts'
import { CANARY, provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicJson } from '../testing/vendor-answers.ts'

let gw: TestGateway
afterEach(() => gw.close())

test('malformed requests are 400 in the dialect, and each is one rejected exchange', async () => {
  gw = await startGateway()
  const bad = [
    '',
    '[]',
    '"x"',
    '{',
    'null',
    '{}',
    '{"model":""}',
    '{"model":7}',
    '{"model":null,"stream":true}',
  ]
  for (const body of bad) {
    const messages = await gw.post('/v1/messages', body)
    expect([body, messages.status]).toEqual([body, 400])
    expect(await messages.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
    const chat = await gw.post('/v1/chat/completions', body)
    expect(chat.status).toBe(400)
    expect(await chat.json()).toHaveProperty('error.type', 'invalid_request_error')
  }
  expect(gw.ends).toHaveLength(bad.length * 2)
  expect(gw.ends.every(({ outcome, status }) => outcome === 'rejected' && status === 400)).toBe(true)
  expect(gw.upstream.seen).toHaveLength(0)
})

test('a body that cannot be translated says where it is wrong', async () => {
  gw = await startGateway()
  const answer = await gw.post('/v1/messages', {
    model: 'oai/x',
    max_tokens: 5,
    messages: [{ role: 'user', content: 7 }],
  })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('/messages/0/content')
  expect(gw.ends).toMatchObject([{ outcome: 'rejected', reason: 'bad_request' }])
})

test('an unknown model is 404 with near names and how to list them', async () => {
  gw = await startGateway({ aliases: { fast: ['oai/x'] } })
  const answer = await gw.post('/v1/messages', { model: 'ant/ant-modle', messages: [] })
  expect(answer.status).toBe(404)
  const text = await answer.text()
  expect(text).toContain('ant/ant-model')
  expect(text).toContain('/v1/models')
  expect(await (await gw.post('/v1/messages', { model: 'fats' })).text()).toContain('Did you mean fast')
  expect((await gw.post('/v1/messages', { model: 'ant/' })).status).toBe(404)
  expect((await gw.post('/v1/messages', { model: '__proto__' })).status).toBe(404)
  expect(gw.ends.every(({ reason }) => reason === 'unknown_model')).toBe(true)
})

test('bare names find the one provider that lists them, and ask back when several do', async () => {
  gw = await startGateway()
  gw.upstream.script = json(anthropicJson)
  expect((await gw.post('/v1/messages', { model: 'ant-model' })).status).toBe(200)
  const both = await gw.post('/v1/messages', { model: 'shared-model' })
  expect(both.status).toBe(400)
  expect(await both.text()).toContain('ant/shared-model, oai/shared-model')
})

test('an alias takes its first target that exists, and is listed', async () => {
  gw = await startGateway({ aliases: { fast: ['gone/x', 'ant/nothing', 'ant/ant-model', 'oai/x'] } })
  gw.upstream.script = json(anthropicJson)
  await gw.post('/v1/messages', { model: 'fast' })
  expect(gw.upstream.seen[0]?.body.toString()).toBe('{"model":"ant-model"}')
  expect(gw.ends).toMatchObject([{ model: 'fast', provider: 'ant' }])
  const listed = await fetch(`${gw.url}/v1/models`, {
    headers: { 'x-api-key': 'owner-token-0123456789abcdef' },
  })
  expect(await listed.text()).toContain('"fast"')
})

test('a missing key is 403 and names the variable; a key given later works at once', async () => {
  const env: Record<string, string> = { OAI_KEY: '  ' }
  gw = await startGateway({ env })
  const answer = await gw.post('/v1/messages', { model: 'ant/ant-model' })
  expect(answer.status).toBe(403)
  expect(await answer.json()).toMatchObject({
    error: { type: 'permission_error', message: expect.stringContaining('ANT_KEY') },
  })
  expect((await gw.post('/v1/chat/completions', { model: 'oai/x' })).status).toBe(403)
  gw.upstream.script = json(anthropicJson)
  env['ANT_KEY'] = `${CANARY}\n`
  expect((await gw.post('/v1/messages', { model: 'ant/ant-model' })).status).toBe(200)
  expect(gw.upstream.seen[0]?.headers['x-api-key']).toBe(CANARY)
})

test('a provider whose formats cannot be translated says so', async () => {
  gw = await startGateway({
    setup: (ctx) => void ctx.provider({ ...provider('g', 'gemini', 'http://127.0.0.1:1'), endpoints: {} }),
  })
  const answer = await gw.post('/v1/messages', { model: 'g/g-model' })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('speaks no format at all')
})

test('a simulated upstream is marked as such', async () => {
  gw = await startGateway({
    setup: (ctx) =>
      void ctx.provider(
        provider('sim', 'anthropic', 'http://127.0.0.1:1', { simulated: true, credential: null }),
      ),
  })
  const answer = await gw.post('/v1/messages', { model: 'sim/sim-model' })
  expect(answer.headers.get('x-agentproxy-simulated')).toBe('true')
  expect(gw.ends).toMatchObject([{ simulated: true, costUsd: 0 }])
})

test('a listing that fails leaves the other providers’ models', async () => {
  gw = await startGateway({
    setup: (ctx) =>
      void ctx.provider(
        provider('bad', 'anthropic', 'http://127.0.0.1:1', {
          models: () => Promise.reject(new Error('no list')),
        }),
      ),
  })
  const listed = await fetch(`${gw.url}/v1/models`, {
    headers: { 'x-api-key': 'owner-token-0123456789abcdef' },
  })
  expect(await listed.text()).toContain('ant/ant-model')
  expect(gw.logs.join('\n')).toContain('no list')
})

test('a store that fails is logged and spoils no answer', async () => {
  gw = await startGateway({ exchanges: { add: () => Promise.reject(new Error('disk full')) } })
  gw.upstream.script = json(anthropicJson)
  expect((await gw.post('/v1/messages', { model: 'ant-model' })).status).toBe(200)
  await expect.poll(() => gw.logs.join('\n')).toContain('disk full')
})

test('no key is ever seen in answers, logs, events or records', async () => {
  gw = await startGateway({
    env: { ANT_KEY: `${CANARY}\r\nx-evil: 1`, OAI_KEY: CANARY },
    setup: (ctx) => {
      ctx.hook('upstream.call', async (_call, next) => {
        await next()
        throw new Error('after')
      })
    },
  })
  const texts: string[] = []
  for (const model of ['ant/ant-model', 'oai/x', 'oai/y']) {
    gw.upstream.script = json({ error: { message: `bad key ${CANARY}`, type: 'x' } }, 401, {
      'x-request-id': 'r',
    })
    for (const path of ['/v1/messages', '/v1/chat/completions']) {
      const answer = await gw.post(path, {
        model,
        max_tokens: 5,
        messages: [{ role: 'user', content: 'hi' }],
      })
      texts.push(await answer.text(), JSON.stringify([...answer.headers]))
    }
  }
  const everything = [...texts, ...gw.logs, JSON.stringify(gw.ends), JSON.stringify(gw.records)].join('\n')
  expect(gw.ends).toHaveLength(6)
  expect(everything).not.toContain(CANARY)
})
