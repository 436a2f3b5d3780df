import type { RequestPrepare } from '@agentproxy/plugin'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { json, ScriptedUpstream } from '../testing/scripted-upstream.ts'
import { CANARY, OWNER_TOKEN, provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import * as vendor from '../testing/vendor-answers.ts'

const LOGIN = 'Bearer sk-ant-oat-their-own-login'
const HEADERS = ['authorization', 'x-api-key', 'x-agentproxy-token']

let gw: TestGateway
let upstream: ScriptedUpstream
let prepared: RequestPrepare[]
beforeEach(async () => {
  prepared = []
  upstream = await new ScriptedUpstream().listen()
  upstream.script = json(vendor.anthropicJson)
  gw = await startGateway({
    aliases: { pool: ['own/m', 'ant/ant-model'] },
    setup(ctx) {
      const clientCredentials = ['x-api-key', 'authorization']
      ctx.provider(
        provider('own', 'anthropic', upstream.url, {
          passesUnknownModels: true,
          clientCredentials,
          endpoints: {
            anthropic: {
              url: `${upstream.url}/v1/messages`,
              countUrl: `${upstream.url}/v1/messages/count_tokens`,
            },
          },
        }),
      )
      ctx.hook('request.prepare', (payload) => void prepared.push(payload))
    },
  })
})
afterEach(async () => {
  await gw.close()
  await upstream.close()
})

function ask(
  headers: Record<string, string>,
  over: Record<string, unknown> = {},
  path = '/v1/messages',
): Promise<Response> {
  const body = { model: 'own/m', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }], ...over }
  return fetch(gw.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

const sent = (to = upstream): unknown[] => HEADERS.map((name) => to.seen.at(-1)?.headers[name])

test('a client’s own credential goes on to the upstream that takes it, and nothing of ours does', async () => {
  const answer = await ask({ 'x-agentproxy-token': OWNER_TOKEN, authorization: LOGIN })
  expect(answer.status).toBe(200)
  expect(sent()).toEqual([LOGIN, undefined, undefined])
  await ask({ 'x-agentproxy-token': OWNER_TOKEN, authorization: LOGIN, 'x-api-key': 'sk-theirs' })
  expect(sent()).toEqual([undefined, 'sk-theirs', undefined])
  const [ended, other] = await gw.ended(2)
  expect(ended?.attempts[0]?.account).toMatch(/^client-[0-9a-f]{12}$/)
  expect(other?.attempts[0]?.account).not.toBe(ended?.attempts[0]?.account)
  expect(prepared.map(({ clientCredential }) => clientCredential)).toEqual(
    [ended, other].map((end) => end?.attempts[0]?.account),
  )
  expect(JSON.stringify([gw.ends, gw.records, gw.logs, prepared])).not.toContain('their')
})

test('without the header of the gateway’s token, with a token of ours, or with none, our own key is sent', async () => {
  const ours = [undefined, CANARY, undefined]
  for (const headers of [
    { authorization: LOGIN, 'x-api-key': OWNER_TOKEN },
    { 'x-agentproxy-token': OWNER_TOKEN },
    { 'x-agentproxy-token': OWNER_TOKEN, authorization: `Bearer ${OWNER_TOKEN}` },
    { 'x-agentproxy-token': OWNER_TOKEN, 'x-api-key': `x, ${OWNER_TOKEN}` },
    { 'x-agentproxy-token': OWNER_TOKEN, 'x-api-key': 'ap-key-that-was-revoked' },
  ]) {
    expect((await ask(headers)).status).toBe(200)
    expect(sent(), JSON.stringify(headers)).toEqual(ours)
  }
})

test('an upstream that takes no such credential never sees one', async () => {
  gw.upstream.script = json(vendor.anthropicJson)
  const headers = { 'x-agentproxy-token': OWNER_TOKEN, authorization: LOGIN }
  expect((await ask(headers, { model: 'ant/ant-model' })).status).toBe(200)
  expect(sent(gw.upstream)).toEqual([undefined, CANARY, undefined])
})

test('what the vendor says of the credential comes back, and holds nobody else up', async () => {
  upstream.script = json({ type: 'error', error: { type: 'authentication_error', message: 'expired' } }, 401)
  for (let call = 0; call < 8; call += 1) {
    const answer = await ask({ 'x-agentproxy-token': OWNER_TOKEN, authorization: LOGIN })
    expect(answer.status).toBe(401)
    expect(await answer.text()).toContain('expired')
  }
  upstream.script = json(vendor.anthropicJson)
  expect((await ask({ 'x-agentproxy-token': OWNER_TOKEN })).status).toBe(200)
  expect((await ask({ 'x-agentproxy-token': OWNER_TOKEN, authorization: LOGIN })).status).toBe(200)
  expect(JSON.stringify(gw.gateway.accounts())).not.toContain('client-')
})

test('a wrong token is not made good by another header', async () => {
  const answer = await ask({ 'x-agentproxy-token': 'wrong', authorization: `Bearer ${OWNER_TOKEN}` })
  expect(answer.status).toBe(401)
  expect(upstream.seen).toEqual([])
})

test('a token count is asked for with it too, and middleware is shown neither', async () => {
  const shown: unknown[] = []
  await gw.manager.loadPlugin({
    name: 'looker',
    version: '1.0.0',
    setup: (ctx) =>
      void ctx.middleware('security', (request, next) => {
        shown.push(HEADERS.map((name) => request.headers.get(name)))
        return next()
      }),
  })
  upstream.script = json({ input_tokens: 7 })
  const headers = { 'x-agentproxy-token': OWNER_TOKEN, authorization: LOGIN }
  const answer = await ask(headers, {}, '/v1/messages/count_tokens')
  expect(await answer.json()).toEqual({ input_tokens: 7 })
  expect(upstream.seen.at(-1)?.url).toBe('/v1/messages/count_tokens')
  expect(sent()).toEqual([LOGIN, undefined, undefined])
  expect(shown).toEqual([[null, null, null]])
})
