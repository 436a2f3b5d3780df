import { setTimeout as sleep } from 'node:timers/promises'
import { block, modify } from '@agentproxy/plugin'
import type { ModelEvent, PluginContext, RequestPrepare, UpstreamResult } from '@agentproxy/plugin'
import { afterEach, describe, expect, test } from 'vitest'
import { json, sse } from '../testing/scripted-upstream.ts'
import { CANARY, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicJson, anthropicSse, openaiJson, openaiSse } from '../testing/vendor-answers.ts'

let gw: TestGateway
afterEach(() => gw.close())

async function start(setup: (ctx: PluginContext) => void): Promise<void> {
  gw = await startGateway({ setup })
}

const messages = [{ role: 'user', content: 'hi' }]
/** Each combination of client format, upstream format and mode: hooks must fire alike on all. */
const ROADS = [
  { path: '/v1/messages', model: 'ant/ant-model', stream: false, script: json(anthropicJson) },
  { path: '/v1/messages', model: 'ant/ant-model', stream: true, script: sse(anthropicSse) },
  { path: '/v1/messages', model: 'oai/x', stream: false, script: json(openaiJson) },
  { path: '/v1/messages', model: 'oai/x', stream: true, script: sse(openaiSse) },
  { path: '/v1/chat/completions', model: 'ant/ant-model', stream: false, script: json(anthropicJson) },
  { path: '/v1/chat/completions', model: 'ant/ant-model', stream: true, script: sse(anthropicSse) },
  { path: '/v1/chat/completions', model: 'oai/x', stream: false, script: json(openaiJson) },
  { path: '/v1/chat/completions', model: 'oai/x', stream: true, script: sse(openaiSse) },
] as const

describe.each(ROADS)('$path to $model, stream $stream', ({ path, model, stream, script }) => {
  const body = { model, stream, max_tokens: 50, messages }
  const format = path === '/v1/messages' ? 'anthropic' : 'openai-chat'
  const upstreamFormat = model.startsWith('ant') ? 'anthropic' : 'openai-chat'

  test('every hook fires once, in order, with the same exchange', async () => {
    const fired: (readonly [string, unknown])[] = []
    await start((ctx) => {
      ctx.hook('request.received', (payload) => void fired.push(['request.received', payload]))
      ctx.hook('model.route', (payload) => void fired.push(['model.route', payload]))
      ctx.hook('request.prepare', (payload) => void fired.push(['request.prepare', payload]))
      ctx.hook('upstream.call', async (payload, next) => {
        fired.push(['upstream.call', payload])
        fired.push(['relayed', await next()])
        return { kind: 'relayed', status: 200, usage: null, durationMs: 0 }
      })
      ctx.hook('exchange.end', (payload) => void fired.push(['exchange.end', payload]))
    })
    gw.upstream.script = script
    const answer = await gw.post(`${path}?a=b`, body)
    await answer.text()
    const order = [
      'request.received',
      'model.route',
      'request.prepare',
      'upstream.call',
      'exchange.end',
      'relayed',
    ]
    await expect.poll(() => fired.map(([name]) => name)).toEqual(order)
    const payloads = Object.fromEntries(fired)
    const exchangeId = answer.headers.get('x-agentproxy-exchange')
    const identity = { kind: 'owner', taskId: null, purpose: null }
    const upstreamModel = model.slice(model.indexOf('/') + 1)
    const provider = model.slice(0, model.indexOf('/'))
    expect(payloads).toMatchObject({
      'request.received': {
        exchangeId,
        identity,
        method: 'POST',
        path,
        format,
        model,
        stream,
        bodyBytes: JSON.stringify(body).length,
      },
      'model.route': { exchangeId, identity, format, model },
      'request.prepare': {
        exchangeId,
        identity,
        provider,
        model: upstreamModel,
        format: upstreamFormat,
        body: null,
      },
      'upstream.call': {
        exchangeId,
        attempt: 1,
        provider,
        model: upstreamModel,
        format: upstreamFormat,
        stream,
      },
      relayed: { kind: 'relayed', status: 200, usage: { inputTokens: 12, outputTokens: 5 } },
      'exchange.end': {
        exchangeId,
        identity,
        outcome: 'completed',
        status: 200,
        clientFormat: format,
        upstreamFormat,
        provider,
        model,
        stream,
        costUsd: null,
      },
    })
    expect(JSON.stringify(fired)).not.toContain(CANARY)
  })

  test('stream.event handlers see and change the events', async () => {
    const events: ModelEvent[] = []
    await start((ctx) => {
      ctx.hook('stream.event', async ({ event }) => {
        await sleep(1)
        events.push(event)
        if (event.type !== 'block_delta' || event.delta.type !== 'text') return
        return modify({
          event: { ...event, delta: { type: 'text' as const, text: event.delta.text.toUpperCase() } },
        })
      })
    })
    gw.upstream.script = script
    const text = await (await gw.post(path, body)).text()
    expect(text).toMatch(/HELLO/)
    expect(text).not.toMatch(/Hello/)
    expect(events.at(0)?.type).toBe('start')
    expect(events.at(-1)?.type).toBe('end')
    expect(gw.ends).toMatchObject([{ outcome: 'completed', usage: { inputTokens: 12, outputTokens: 5 } }])
  })

  test('a block in the middle of the answer is never a clean end', async () => {
    await start((ctx) => {
      ctx.hook('stream.event', ({ event }) =>
        event.type === 'block_delta' ? block('secret word') : undefined,
      )
    })
    gw.upstream.script = script
    const text = await gw.post(path, body).then(
      (answer) => answer.text().catch(() => ''),
      () => '',
    )
    expect(text).not.toContain('Hello')
    expect(text).not.toContain('[DONE]')
    expect(await gw.ended(1)).toMatchObject([{ outcome: 'failed', reason: 'blocked: secret word' }])
  })

  test('a guard’s block is 403 with its reason, and no upstream is called', async () => {
    await start((ctx) => void ctx.hook('request.received', () => block('not on Sundays')))
    const answer = await gw.post(path, body)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('not on Sundays')
    expect(gw.upstream.seen).toHaveLength(0)
    expect(gw.ends).toMatchObject([
      { outcome: 'rejected', status: 403, reason: 'blocked: not on Sundays', provider: null },
    ])
  })

  test('request.prepare changes headers and, where asked for, the body in the upstream’s format', async () => {
    let seen: RequestPrepare | undefined
    await start((ctx) => {
      ctx.hook(
        'request.prepare',
        (payload) => {
          seen = payload
          return modify({
            headers: { ...payload.headers, 'x-added': 'yes' },
            body: { ...payload.body, temperature: 0.25 },
          })
        },
        { needsBody: true },
      )
    })
    gw.upstream.script = script
    await (await gw.post(path, body)).text()
    expect(seen?.body).toMatchObject({
      model: model.slice(model.indexOf('/') + 1),
      messages: [{ role: 'user' }],
    })
    const sent = gw.upstream.seen[0]
    expect(sent?.headers['x-added']).toBe('yes')
    expect(JSON.parse(sent?.body.toString() ?? '')).toMatchObject({ ...seen?.body, temperature: 0.25 })
  })

  test('an upstream.call handler that asks for it is given the answer as the upstream wrote it', async () => {
    const results: UpstreamResult[] = []
    await start((ctx) => {
      ctx.hook(
        'upstream.call',
        async (_call, next) => {
          const result = await next()
          results.push(result)
          return result
        },
        { needsAnswer: true },
      )
    })
    gw.upstream.script = script
    await (await gw.post(path, body)).text()
    await expect.poll(() => results).toHaveLength(1)
    const [result] = results
    const kept = result?.kind === 'relayed' ? result.answer : undefined
    expect(kept?.status).toBe(200)
    const text = Buffer.from(kept?.body ?? []).toString()
    expect([anthropicSse, openaiSse, JSON.stringify(anthropicJson), JSON.stringify(openaiJson)]).toContain(
      text,
    )
  })

  test('an upstream.call handler may answer instead of the upstream', async () => {
    await start((ctx) => {
      ctx.hook('upstream.call', async (call) => {
        const wants = call.format === 'anthropic'
        const text = call.stream
          ? wants
            ? anthropicSse
            : openaiSse
          : JSON.stringify(wants ? anthropicJson : openaiJson)
        const headers = { 'Content-Type': call.stream ? 'text/event-stream' : 'application/json' }
        return { kind: 'response', status: 200, headers, body: text }
      })
    })
    const answer = await gw.post(path, body)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('Hello')
    expect(gw.upstream.seen).toHaveLength(0)
    expect(gw.ends).toMatchObject([{ outcome: 'completed', usage: { outputTokens: 5 } }])
  })
})

test('a body nobody asked for stays untouched, also when a handler listens', async () => {
  const bodies: unknown[] = []
  await start((ctx) => {
    ctx.hook('request.prepare', ({ body }) => void bodies.push(body))
  })
  gw.upstream.script = json(anthropicJson)
  const odd = '{ "model" : "ant-model",\n "x": 1.0 }'
  await gw.post('/v1/messages', odd)
  expect(bodies).toEqual([null])
  expect(gw.upstream.seen[0]?.body.toString()).toBe(odd)
})

test('a body a handler asked for but did not change stays untouched too', async () => {
  await start((ctx) => void ctx.hook('request.prepare', () => {}, { needsBody: true }))
  gw.upstream.script = json(anthropicJson)
  const odd = '{ "model" : "ant-model",\n "x": 1.0 }'
  await gw.post('/v1/messages', odd)
  expect(gw.upstream.seen[0]?.body.toString()).toBe(odd)
})

test('a handler can neither set the credential nor break the request’s framing', async () => {
  await start((ctx) => {
    ctx.hook('request.prepare', ({ headers }) =>
      modify({
        headers: {
          ...headers,
          'X-Api-Key': 'other',
          'content-length': '1',
          connection: 'close',
          'transfer-encoding': 'chunked',
        },
      }),
    )
  })
  gw.upstream.script = json(anthropicJson)
  expect((await gw.post('/v1/messages', { model: 'ant-model' })).status).toBe(200)
  expect(gw.upstream.seen[0]?.headers['x-api-key']).toBe(CANARY)
  expect(gw.upstream.seen[0]?.headers).not.toHaveProperty('transfer-encoding')
})

test('a line break in a header never reaches the upstream', async () => {
  await start((ctx) => {
    ctx.hook('request.prepare', ({ headers }) =>
      modify({ headers: { ...headers, 'x-a': 'b\r\nx-smuggled: 1' } }),
    )
  })
  expect((await gw.post('/v1/messages', { model: 'ant-model' })).status).toBe(500)
  expect(gw.upstream.seen).toHaveLength(0)
})

test('model.route sends a request elsewhere; a provider that is not loaded is 404', async () => {
  let to = { provider: 'oai', model: 'gpt-other' }
  await start((ctx) => void ctx.hook('model.route', () => to))
  gw.upstream.script = json(openaiJson)
  await gw.post('/v1/chat/completions', { model: 'whatever', messages })
  expect(JSON.parse(gw.upstream.seen[0]?.body.toString() ?? '')).toMatchObject({ model: 'gpt-other' })
  to = { provider: 'gone', model: 'x' }
  const lost = await gw.post('/v1/chat/completions', { model: 'whatever', messages })
  expect(lost.status).toBe(404)
  expect(await lost.text()).toContain('gone')
})

test('a handler that says relayed without calling next is an error, not a hanging client', async () => {
  await start((ctx) => {
    ctx.hook('upstream.call', async () => ({ kind: 'relayed', status: 200, usage: null, durationMs: 0 }))
  })
  expect((await gw.post('/v1/messages', { model: 'ant-model' })).status).toBe(500)
  expect(gw.ends).toHaveLength(1)
})

test('an exchange keeps the plugins it began with', async () => {
  gw = await startGateway()
  let release: (() => void) | undefined
  gw.upstream.script = (response) => {
    release = () =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(anthropicJson))
  }
  const asked = gw.post('/v1/messages', { model: 'ant-model' })
  await expect.poll(() => gw.upstream.seen.length).toBe(1)
  const unloading = gw.manager.unloadPlugin('test-plugin')
  release?.()
  expect((await asked).status).toBe(200)
  await unloading
  expect((await gw.post('/v1/messages', { model: 'ant-model' })).status).toBe(404)
})
