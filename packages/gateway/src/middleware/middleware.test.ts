import { setTimeout as sleep } from 'node:timers/promises'
import Anthropic from '@anthropic-ai/sdk'
import { definePlugin } from '@agentproxy/plugin'
import type { Middleware, MiddlewareLayer } from '@agentproxy/plugin'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { rawHttp, statusOf } from '../testing/raw-http.ts'
import { cut, json, sse } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import * as vendor from '../testing/vendor-answers.ts'

let gw: TestGateway
beforeEach(async () => {
  gw = await startGateway({
    limits: { bodyBytes: 10_000 },
    setup: (ctx) => {
      ctx.route(
        'POST',
        '/echo',
        async (request) => new Response(`${request.headers.get('x-by')} ${await request.text()}`),
      )
      ctx.route('GET', '/open', () => new Response('open'), { access: 'public' })
    },
  })
})
afterEach(() => gw.close())

/** Asks for the health with these header lines. */
const health = (lines: string): Promise<string> =>
  rawHttp(gw.port, `GET /health HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`)

let count = 0
function use(
  middleware: Middleware,
  layer: MiddlewareLayer = 'application',
  name = `mw-${(count += 1)}`,
): Promise<unknown> {
  return gw.manager.loadPlugin(
    definePlugin({ name, version: '1.0.0', setup: (ctx) => void ctx.middleware(layer, middleware) }),
  )
}

const messages = [{ role: 'user' as const, content: 'hi' }]
const ASK = { model: 'ant/ant-model', max_tokens: 5, messages }
const get = (
  path: string,
  headers: Record<string, string> = { 'x-api-key': OWNER_TOKEN },
): Promise<Response> => fetch(gw.url + path, { headers })

/** Passes everything on in pieces of one size, and once a macrotask. */
function rechunked(size: number): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    async transform(chunk, controller) {
      for (let at = 0; at < chunk.length; at += size) controller.enqueue(chunk.slice(at, at + size))
      await new Promise((resolve) => setImmediate(resolve))
    },
  })
}

describe('through two middlewares in different layers, the second of which re-chunks', () => {
  let order: string[]
  beforeEach(async () => {
    order = []
    await use(async (_request, next) => {
      order.push('in 500')
      const answer = await next()
      order.push('out 500')
      return new Response(answer.body?.pipeThrough(rechunked(7)) ?? null, answer)
    })
    await use(async (request, next) => {
      order.push('in 100')
      const answer = await next(new Request(request, { headers: request.headers }))
      order.push('out 100')
      answer.headers.set('x-seen', 'yes')
      return answer
    }, 'security')
  })

  test('the official clients get text, whole and streamed, from either upstream', async () => {
    const claude = new Anthropic({ baseURL: gw.url, apiKey: OWNER_TOKEN, maxRetries: 0 })
    const gpt = new OpenAI({ baseURL: `${gw.url}/v1`, apiKey: OWNER_TOKEN, maxRetries: 0 })
    for (const [model, whole, streamed] of [
      ['ant/ant-model', vendor.anthropicJson, vendor.anthropicSse],
      ['oai/x', vendor.openaiJson, vendor.openaiSse],
    ] as const) {
      const params = { model, max_tokens: 9, messages }
      gw.upstream.script = json(whole)
      expect((await claude.messages.create(params)).content).toMatchObject([{ text: 'Hello there' }])
      const chat = await gpt.chat.completions.create({ model, messages })
      expect(chat.choices[0]?.message.content).toBe('Hello there')
      expect((await gpt.responses.create({ model, input: 'hi' })).output_text).toBe('Hello there')
      gw.upstream.script = sse(streamed)
      const message = await claude.messages.stream(params).finalMessage()
      expect(message).toMatchObject({ content: [{ text: 'Hello there' }], stop_reason: 'end_turn' })
      const completion = await gpt.chat.completions.stream({ model, messages }).finalChatCompletion()
      expect(completion.choices[0]?.message.content).toBe('Hello there')
      const response = await gpt.responses.stream({ model, input: 'hi' }).finalResponse()
      expect(response.output_text).toBe('Hello there')
    }
    expect(order.slice(0, 4)).toEqual(['in 100', 'in 500', 'out 500', 'out 100'])
    expect(order).toHaveLength(12 * 4)
    expect(gw.ends.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 12 }, () => 'completed'))
  })

  test('every kind of route goes through them', async () => {
    gw.upstream.script = json(vendor.anthropicJson)
    const contents = { contents: [{ parts: [{ text: 'x' }] }] }
    const answers = [
      await gw.post('/v1beta/models/ant/ant-model:generateContent', contents),
      await gw.post('/test-plugin/echo', 'body'),
      await get('/health', {}),
      await get('/v1/models'),
      await get('/tools'),
      await get('/test-plugin/open', {}),
      await get('/nowhere'),
      await get('/v1/models', {}),
      await fetch(gw.url, { method: 'HEAD' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 404, 401, 200])
    expect(answers.map(({ headers }) => headers.get('x-seen'))).toEqual(answers.map(() => 'yes'))
    expect(await answers[1]?.text()).toBe('null body')
  })

  test('an error status arrives in the caller’s dialect, with its headers', async () => {
    gw.upstream.script = json(
      { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } },
      429,
      { 'retry-after': '3' },
    )
    const answer = await gw.post('/v1/messages', ASK)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3'])
    expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } })
  })

  test('a stream that was cut upstream is the bytes so far, an error event, and never a clean end', async () => {
    gw.upstream.script = cut(vendor.anthropicHead)
    const answer = await gw.post('/v1/messages', { ...ASK, stream: true })
    let text = ''
    const read = async (): Promise<void> => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString()
    }
    await expect(read()).rejects.toThrow()
    expect(text.startsWith(vendor.anthropicHead)).toBe(true)
    expect(text).toContain('"error"')
  })
})

test('what a middleware makes of a request reaches the model route: address, headers and body', async () => {
  await use(async (request, next) => {
    const body = { ...((await request.json()) as object), model: 'oai/changed' }
    const url = request.url.replace('/v1/messages', '/v1/chat/completions')
    return next(new Request(url, { method: 'POST', headers: request.headers, body: JSON.stringify(body) }))
  })
  gw.upstream.script = json(vendor.openaiJson)
  const answer = await gw.post('/v1/messages', ASK)
  expect(await answer.json()).toMatchObject({ object: 'chat.completion' })
  expect(JSON.parse(gw.upstream.seen[0]?.body.toString() ?? '')).toMatchObject({
    model: 'changed',
    max_tokens: 5,
  })
})

test('a middleware can answer by itself, and can ask again', async () => {
  let failures = 1
  gw.upstream.script = (response, seen) =>
    (failures-- > 0 ? json({}, 500) : json(vendor.anthropicJson))(response, seen)
  await use(async (request, next) => {
    if (request.headers.get('x-short') !== null) return Response.json({ short: true }, { status: 418 })
    const again = request.clone()
    const first = await next(request)
    return first.status === 500 ? next(again) : first
  })
  const short = await gw.post('/v1/messages', ASK, { headers: { 'x-short': '1' } })
  expect([short.status, await short.json()]).toEqual([418, { short: true }])
  expect((await gw.post('/v1/messages', ASK)).status).toBe(200)
  expect(gw.upstream.seen).toHaveLength(2)
})

test('who asks is settled before any middleware, which sees no token and cannot change it', async () => {
  const seen: string[] = []
  await use((request, next) => {
    seen.push(JSON.stringify([...request.headers]))
    const headers = new Headers(request.headers)
    headers.set('authorization', `Bearer ${OWNER_TOKEN}`)
    return next(new Request(request, { headers }))
  })
  const task = gw.gateway.issueTaskToken({ taskId: 't1', purpose: 'agent' })
  expect((await get('/v1/models', { 'x-api-key': 'wrong' })).status).toBe(401)
  expect((await get('/tools', { authorization: `Bearer ${task}` })).status).toBe(403)
  expect((await get('/tools')).status).toBe(200)
  expect(seen).toHaveLength(3)
  expect(seen.join()).not.toContain(OWNER_TOKEN)
  expect(seen.join()).not.toContain(task)
})

test('requests of another host or origin are refused before any middleware', async () => {
  let calls = 0
  await use((_request, next) => {
    calls += 1
    return next()
  })
  expect(statusOf(await health('Host: evil.example\r\n'))).toBe(403)
  expect(statusOf(await health('Host: localhost\r\nOrigin: http://evil.example\r\n'))).toBe(403)
  expect(calls).toBe(0)
  expect(statusOf(await health('Host: localhost\r\n'))).toBe(200)
  expect(calls).toBe(1)
})

test('no request gets past a middleware that refuses', async () => {
  await use(() => new Response('closed', { status: 403 }), 'security')
  const head = `Host: localhost\r\nx-api-key: ${OWNER_TOKEN}\r\n`
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PROPFIND'])
    for (const path of ['/health', '//health', '/v1/models', '/test-plugin/open', '/%68ealth', '/*'])
      expect(
        statusOf(await rawHttp(gw.port, `${method} ${path} HTTP/1.1\r\n${head}Connection: close\r\n\r\n`)),
      ).toBe(403)
  const upgrade = `GET /health HTTP/1.1\r\n${head}Upgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n`
  expect(statusOf(await rawHttp(gw.port, upgrade))).toBe(403)
  // The web platform has no word for it: refused, not let by.
  expect(statusOf(await rawHttp(gw.port, `TRACE /health HTTP/1.1\r\n${head}Connection: close\r\n\r\n`))).toBe(
    500,
  )
})

test('a middleware that refuses everything, or holds every request, can still be taken out', async () => {
  await use(() => new Response('closed', { status: 403 }), 'security', 'wall')
  expect((await get('/health')).status).toBe(403)
  for (const path of [
    '/plugins/../test-plugin/open',
    '/plugins/%2e%2e/test-plugin/open',
    '/pluginsx',
    '/x/../plugins',
  ]) {
    const raw = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${OWNER_TOKEN}\r\nConnection: close\r\n\r\n`
    expect(statusOf(await rawHttp(gw.port, raw))).toBe(403)
  }
  expect((await fetch(`${gw.url}/plugins/wall/disable`, { method: 'POST' })).status).toBe(401)
  const begun = performance.now()
  expect((await gw.post('/plugins/wall/disable', {})).status).toBe(200)
  expect(performance.now() - begun).toBeLessThan(4_000)
  expect((await get('/health')).status).toBe(200)
})

test('a WebSocket attempt is told to use plain HTTP', async () => {
  await use((_request, next) => next())
  const head = `GET /v1/models HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${OWNER_TOKEN}\r\n`
  expect(
    statusOf(await rawHttp(gw.port, `${head}Upgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n`, 400)),
  ).toBe(426)
})

test('a middleware that throws, or gives no answer, is 500 in the dialect, and the next request works', async () => {
  let bad: Middleware | null = null
  await use((request, next) => (bad ?? ((_, go) => go()))(request, next))
  gw.upstream.script = json(vendor.anthropicJson)
  for (const one of [
    () => {
      throw new Error('secret words')
    },
    () => 'nothing' as unknown as Response,
    async (_request, next) => {
      const answer = await next()
      await answer.text()
      return answer
    },
    async (request, next) => {
      await request.text()
      return next()
    },
  ] satisfies Middleware[]) {
    bad = one
    const failed = await gw.post('/v1/messages', ASK)
    const text = await failed.text()
    expect([failed.status, JSON.parse(text)]).toMatchObject([
      500,
      { type: 'error', error: { type: 'api_error' } },
    ])
    expect(text).not.toContain('secret words')
    bad = null
    expect((await gw.post('/v1/messages', ASK)).status).toBe(200)
  }
})

test('a middleware that hangs is 500 after its time, and no hung client', async () => {
  let hangs = true
  let called: (() => void) | undefined
  const begun = new Promise<void>((resolve) => (called = resolve))
  await use((_request, next) => {
    called?.()
    return hangs ? new Promise(() => {}) : next()
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const failed = get('/health')
    await begun
    vi.advanceTimersByTime(10_000)
    expect((await failed).status).toBe(500)
  } finally {
    vi.useRealTimers()
  }
  hangs = false
  expect((await get('/health')).status).toBe(200)
})

test('a body over the cap is 413, whether or not the middleware reads it', async () => {
  let reads = false
  await use(async (request, next) =>
    next(
      reads
        ? new Request(request.url, { method: 'POST', headers: request.headers, body: await request.text() })
        : request,
    ),
  )
  const large = JSON.stringify({ model: 'ant/ant-model', pad: 'x'.repeat(20_000) })
  const chunked = `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${OWNER_TOKEN}\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`
  for (reads of [false, true]) {
    const answer = await gw.post('/v1/messages', large)
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'request_too_large' } })
    expect(statusOf(await rawHttp(gw.port, chunked))).toBe(413)
  }
  expect(gw.upstream.seen).toEqual([])
})

test('a client that leaves in mid-stream lets the upstream go, and the exchange counts as cancelled', async () => {
  let aborted = false
  await use(async (request, next) => {
    request.signal.addEventListener('abort', () => (aborted = true))
    const answer = await next()
    return new Response(answer.body?.pipeThrough(rechunked(5)) ?? null, answer)
  })
  gw.upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(vendor.anthropicHead)
  }
  const abort = new AbortController()
  const answer = await gw.post('/v1/messages', { ...ASK, stream: true }, { signal: abort.signal })
  await answer.body?.getReader().read()
  abort.abort()
  await gw.upstream.seen[0]?.closed
  expect(await gw.ended(1)).toMatchObject([{ outcome: 'cancelled', reason: 'client_gone' }])
  await expect.poll(() => aborted).toBe(true)
})

test('an answer the middleware drops is let go', async () => {
  await use(async (_request, next) => {
    await next()
    return new Response('instead')
  })
  gw.upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(vendor.anthropicHead)
  }
  const answer = await gw.post('/v1/messages', { ...ASK, stream: true })
  expect(await answer.text()).toBe('instead')
  await gw.upstream.seen[0]?.closed
  expect(await gw.ended(1)).toMatchObject([{ outcome: 'cancelled' }])
})

test('a slow reader holds the upstream back, through the middleware too', async () => {
  await use(async (_request, next) => {
    const answer = await next()
    return new Response(answer.body, answer)
  })
  let sent = 0
  const piece = `event: ping\ndata: {"type":"ping","pad":"${'x'.repeat(60_000)}"}\n\n`
  gw.upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const more = (): void => {
      if (response.destroyed) return
      sent += piece.length
      if (response.write(piece)) setImmediate(more)
      else response.once('drain', more)
    }
    more()
  }
  const abort = new AbortController()
  const answer = await gw.post('/v1/messages', { ...ASK, stream: true }, { signal: abort.signal })
  await answer.body?.getReader().read()
  let last = -1
  await expect.poll(() => last === (last = sent), { interval: 300, timeout: 10_000 }).toBe(true)
  expect(last).toBeLessThan(64 * 1024 * 1024)
  abort.abort()
  await gw.upstream.seen[0]?.closed
})

test('a request in flight ends on the plugins it began with, whatever is reloaded meanwhile', async () => {
  let go: (() => void) | undefined
  const gate = new Promise<void>((resolve) => (go = resolve))
  const load = (mark: string): Promise<unknown> =>
    gw.manager.loadPlugin(
      definePlugin({
        name: 'marker',
        version: '1.0.0',
        setup: (ctx) => {
          ctx.middleware('routing', async (request, next) => {
            const headers = new Headers(request.headers)
            headers.set('x-by', `middleware ${mark}`)
            if (mark === 'old') await gate
            return next(new Request(request, { headers }))
          })
          ctx.route(
            'POST',
            '/who',
            (request) => new Response(`${request.headers.get('x-by')}, route ${mark}`),
          )
        },
      }),
    )
  await load('old')
  const first = gw.post('/marker/who', 'x')
  await sleep(50)
  const replaced = gw.manager.unloadPlugin('marker').then(() => load('new'))
  await sleep(50)
  go?.()
  expect(await (await first).text()).toBe('middleware old, route old')
  await replaced
  expect(await (await gw.post('/marker/who', 'x')).text()).toBe('middleware new, route new')
})

test('closing lets a request that is in a middleware finish', async () => {
  await use(async (_request, next) => {
    await sleep(200)
    return next()
  })
  gw.upstream.script = json(vendor.anthropicJson)
  const asked = gw.post('/v1/messages', ASK)
  await sleep(50)
  await gw.gateway.close({ drainMs: 5_000 })
  expect((await asked).status).toBe(200)
  expect(gw.ends).toMatchObject([{ outcome: 'completed' }])
})

test('closing ends a request that a middleware holds with an honest error', async () => {
  let called: (() => void) | undefined
  const begun = new Promise<void>((resolve) => (called = resolve))
  await use((request) => {
    called?.()
    return new Promise((_resolve, reject) =>
      request.signal.addEventListener('abort', () => reject(new Error('aborted'))),
    )
  })
  const asked = get('/health')
  await begun
  await gw.gateway.close({ drainMs: 50 })
  expect((await asked).status).toBe(503)
})

test('several cookies and an empty answer pass unchanged', async () => {
  await gw.manager.loadPlugin(
    definePlugin({
      name: 'cookies',
      version: '1.0.0',
      setup: (ctx) => {
        ctx.route('GET', '/', () => {
          const headers = new Headers([
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2'],
          ])
          return new Response(null, { status: 204, headers })
        })
        ctx.middleware('security', (_request, next) => next())
      },
    }),
  )
  const answer = await get('/cookies')
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([204, ['a=1', 'b=2']])
})
