import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'
import { definePlugin } from '@agentproxy/plugin'
import type { PluginContext, RouteContext, RouteHandler } from '@agentproxy/plugin'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reservedPrefixes } from '@agentproxy/plugin'
import { rawHttp, statusOf } from '../testing/raw-http.ts'
import { CANARY, OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'

let gw: TestGateway
let handler: RouteHandler = () => new Response('unset')
const encoder = new TextEncoder()

beforeAll(async () => {
  gw = await startGateway({ setup, limits: { bodyBytes: 10_000 } })
})
afterAll(() => gw.close())

function setup(ctx: PluginContext): void {
  ctx.route('GET', '/items/:id', (_request, { params }) => Response.json(params))
  ctx.route('GET', '/files/*', ({ url }, { params }) => Response.json({ url: new URL(url).pathname, params }))
  for (const method of ['GET', 'POST', 'DELETE'] as const)
    ctx.route(method, '/do', (request, context) => handler(request, context))
  ctx.route('POST', '/hook', (request, context) => handler(request, context), { access: 'public' })
}

interface Call extends RequestInit {
  readonly headers?: Record<string, string>
  readonly token?: string | null
}

function call(path: string, { token = OWNER_TOKEN, headers = {}, ...init }: Call = {}): Promise<Response> {
  const auth = token === null ? {} : { authorization: `Bearer ${token}` }
  return fetch(`${gw.url}/test-plugin${path}`, { ...init, headers: { ...auth, ...headers } })
}

/** A body that tells when it is cancelled. */
function endless(chunk: Uint8Array): {
  stream: ReadableStream<Uint8Array>
  cancelled: Promise<void>
  given: () => number
} {
  let given = 0
  let cancel: (() => void) | undefined
  const cancelled = new Promise<void>((resolve) => (cancel = resolve))
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      given += chunk.length
      controller.enqueue(chunk)
    },
    cancel: () => cancel?.(),
  })
  return { stream, cancelled, given: () => given }
}

/** Never answers; fails once the signal is aborted. */
function aborted(signal: AbortSignal): Promise<Response> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(new Error('aborted'))),
  )
}

function failing(): Response {
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(encoder.encode('half'))
      controller.error(new Error('lost'))
    },
  })
  return new Response(stream)
}

const sized = (text: string) => (): Response => new Response(text, { headers: { 'content-length': '5' } })

function noBytes(): Response {
  const stream = new ReadableStream<unknown>({ start: (controller) => controller.enqueue('text') })
  return new Response(stream as ReadableStream<Uint8Array>)
}

test('a route is served with its named parts and headers of ours', async () => {
  const answer = await call('/items/a%20b')
  expect(await answer.json()).toEqual({ id: 'a b' })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
})

test('a route needs the owner: no token is 401, a task’s token 403, a public one needs none', async () => {
  handler = () => new Response('in')
  const task = gw.gateway.issueTaskToken({ taskId: 't1', purpose: 'agent' })
  expect((await call('/do', { token: null })).status).toBe(401)
  expect((await call('/do', { token: 'wrong-token-0123456789' })).status).toBe(401)
  expect((await call('/do', { token: task })).status).toBe(403)
  expect((await call('/do')).status).toBe(200)
  expect((await call('/hook', { token: null, method: 'POST' })).status).toBe(200)
})

test('a public route is still closed to other hosts and web pages', async () => {
  const ask = (host: string, more = ''): Promise<string> =>
    rawHttp(
      gw.port,
      `POST /test-plugin/hook HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\nContent-Length: 0\r\n\r\n`,
    )
  expect(statusOf(await ask(`127.0.0.1:${gw.port}`))).toBe(200)
  expect(statusOf(await ask('evil.example'))).toBe(403)
  expect(statusOf(await ask('localhost', 'Origin: http://evil.example\r\n'))).toBe(403)
  expect(statusOf(await ask('localhost', 'Sec-Fetch-Site: cross-site\r\n'))).toBe(403)
})

test('another method is 405 with what is allowed, another path 404, both only for who has a token', async () => {
  const other = await call('/do', { method: 'PUT' })
  expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE, HEAD'])
  expect(await other.json()).toHaveProperty('error.message')
  expect((await call('/nothing')).status).toBe(404)
  expect((await call('/do', { method: 'PUT', token: null })).status).toBe(401)
})

test('the path is matched as the plugin reads it', async () => {
  const head = `Host: localhost\r\nx-api-key: ${OWNER_TOKEN}\r\nConnection: close\r\n\r\n`
  const out = await rawHttp(gw.port, `GET /test-plugin/files/../items/7 HTTP/1.1\r\n${head}`)
  expect(out).toContain('{"id":"7"}')
  const encoded = await rawHttp(gw.port, `GET /test-plugin/files/%2e%2e/%2e%2e/v1/models HTTP/1.1\r\n${head}`)
  expect(statusOf(encoded)).toBe(404)
  const own = await rawHttp(gw.port, `GET //test-plugin/items/7 HTTP/1.1\r\n${head}`)
  expect(statusOf(own)).toBe(404)
})

test('the gateway’s own token is not shown to the plugin, another’s credential is', async () => {
  handler = ({ headers }) => Response.json(Object.fromEntries(headers))
  const seen = await (
    await call('/do', { headers: { 'x-api-key': 'of-somebody-else', te: 'trailers' } })
  ).json()
  expect(seen).toMatchObject({ 'x-api-key': 'of-somebody-else' })
  expect(JSON.stringify(seen)).not.toContain(OWNER_TOKEN)
  expect(seen).not.toHaveProperty('connection')
  expect(seen).not.toHaveProperty('te')
})

test('status, several cookies and the plugin’s own cache rule are sent, hop-by-hop headers are not', async () => {
  handler = () => {
    const headers = new Headers({
      'cache-control': 'max-age=60',
      connection: 'x-inner',
      'x-inner': '1',
      'keep-alive': 'timeout=1',
    })
    headers.append('set-cookie', 'a=1; Path=/')
    headers.append('set-cookie', 'b=2')
    return new Response('made', { status: 201, headers })
  }
  const answer = await call('/do')
  expect([answer.status, await answer.text()]).toEqual([201, 'made'])
  expect(answer.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2'])
  expect(answer.headers.get('cache-control')).toBe('max-age=60')
  expect(answer.headers.get('x-inner')).toBeNull()
})

test('HEAD is answered by GET without its body, and 204 and 304 have none', async () => {
  handler = () => new Response('12345', { headers: { 'content-length': '5' } })
  const head = await call('/do', { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '5', ''])
  for (const status of [204, 205, 304]) {
    handler = () => new Response(null, { status })
    const empty = await call('/do')
    expect([empty.status, await empty.text()]).toEqual([status, ''])
  }
})

test('a length is never announced for bytes that do not come', async () => {
  handler = () => new Response(null, { headers: { 'content-length': '5' } })
  const empty = await call('/do')
  expect([empty.headers.get('content-length'), await empty.text()]).toEqual(['0', ''])
})

test('what a handler fetched can be handed on, though it was compressed', async () => {
  gw.upstream.script = (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/plain' })
    response.end(gzipSync('zipped words'))
  }
  handler = () => fetch(gw.upstream.url)
  const answer = await call('/do')
  expect([answer.headers.get('content-encoding'), await answer.text()]).toEqual([null, 'zipped words'])
})

test('a body is streamed to the handler', async () => {
  const seen: string[] = []
  handler = async (request) => {
    for await (const chunk of request.body ?? []) seen.push(Buffer.from(chunk).toString())
    return new Response(seen.join(''))
  }
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    const sent = httpRequest(
      `${gw.url}/test-plugin/do`,
      { method: 'POST', headers: { 'x-api-key': OWNER_TOKEN } },
      resolve,
    )
    sent.on('error', reject)
    sent.write('one')
    void expect
      .poll(() => seen.length)
      .toBe(1)
      .then(() => sent.end('two'))
  })
  expect((await answered).statusCode).toBe(200)
  expect(seen).toEqual(['one', 'two'])
})

test('a body over the cap is 413, declared or not, and the connection goes on', async () => {
  let calls = 0
  handler = async (request) => {
    calls += 1
    return new Response(await request.text())
  }
  expect((await call('/do', { method: 'POST', body: 'x'.repeat(20_000) })).status).toBe(413)
  expect(calls).toBe(0)
  const head = `POST /test-plugin/do HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${OWNER_TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n`
  const large = `${(20_000).toString(16)}\r\n${'x'.repeat(20_000)}\r\n0\r\n\r\n`
  const answers = await rawHttp(gw.port, `${head}${large}${head}2\r\nok\r\n0\r\n\r\n`, 600)
  expect(answers.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200'])
})

test('a body that nobody reads does not block the connection', async () => {
  handler = () => new Response('unread')
  const ask = `POST /test-plugin/do HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${OWNER_TOKEN}\r\nContent-Length: 9000\r\n\r\n${'x'.repeat(9_000)}`
  const answers = await rawHttp(gw.port, ask + ask, 400)
  expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
})

test('a handler that throws is 500 in plain JSON, without secret or stack, and is told of in the log', async () => {
  handler = () => {
    throw new Error(`upstream said ${CANARY}`)
  }
  const failed = await call('/do')
  const text = await failed.text()
  expect(failed.status).toBe(500)
  expect(JSON.parse(text)).toHaveProperty('error.message', expect.stringContaining('test-plugin'))
  expect(text).not.toContain(CANARY)
  expect(text).not.toContain('at ')
  expect(gw.logs.some((line) => line.includes('ROUTE_FAILED'))).toBe(true)
})

test('what is no response, or no longer one, is 500', async () => {
  const used = new Response('used')
  await used.text()
  for (const bad of [
    undefined,
    'text',
    Response.error(),
    used,
    new Response('x', { headers: { 'x-bad': '\u0001' } }),
  ]) {
    handler = () => bad as Response
    expect((await call('/do')).status).toBe(500)
  }
})

test('a stream is sent as it comes', async () => {
  let more: (() => void) | undefined
  const gate = new Promise<void>((resolve) => (more = resolve))
  handler = () =>
    new Response(
      new ReadableStream({
        async start(controller) {
          controller.enqueue(encoder.encode('first'))
          await gate
          controller.enqueue(encoder.encode(' second'))
          controller.close()
        },
      }),
    )
  const reader = (await call('/do')).body?.getReader()
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first')
  more?.()
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(' second')
  expect((await reader?.read())?.done).toBe(true)
})

test('the head of a stream that has nothing to say yet is sent at once', async () => {
  handler = () =>
    new Response(new ReadableStream({ type: 'bytes' }), { headers: { 'content-type': 'text/event-stream' } })
  const abort = new AbortController()
  const answer = await call('/do', { signal: abort.signal })
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  abort.abort()
})

test('a stream that fails, or is not as long as announced, is never a clean end', async () => {
  for (const bad of [failing, sized('1234'), sized('123456'), noBytes]) {
    handler = bad
    await expect(call('/do').then((answer) => answer.text())).rejects.toThrow()
  }
  handler = sized('12345')
  expect(await (await call('/do')).text()).toBe('12345')
})

test('a slow reader holds the stream back', async () => {
  const { stream, cancelled, given } = endless(new Uint8Array(64 * 1024))
  handler = () => new Response(stream)
  const abort = new AbortController()
  const answer = await call('/do', { signal: abort.signal })
  await answer.body?.getReader().read()
  let last = -1
  await expect.poll(() => last === (last = given()), { interval: 200 }).toBe(true)
  expect(last).toBeLessThan(32 * 1024 * 1024)
  abort.abort()
  await cancelled
})

test('a client that leaves aborts the handler’s signals', async () => {
  let context: RouteContext | undefined
  let request: Request | undefined
  handler = (asked, given) => {
    request = asked
    context = given
    return aborted(given.signal)
  }
  const abort = new AbortController()
  const asked = call('/do', { signal: abort.signal }).catch(() => {})
  await expect.poll(() => context !== undefined).toBe(true)
  expect(context?.signal.aborted).toBe(false)
  abort.abort()
  await asked
  await expect.poll(() => [context?.signal.aborted, request?.signal.aborted]).toEqual([true, true])
})

test('closing waits for a route, then ends it with an honest error', async () => {
  const own = await startGateway({
    setup: (ctx) => {
      ctx.route(
        'GET',
        '/slow',
        () => new Promise((resolve) => setTimeout(resolve, 200, new Response('done'))),
      )
      ctx.route('GET', '/never', (_request, { signal }) => aborted(signal))
    },
  })
  const get = (path: string): Promise<Response> =>
    fetch(`${own.url}/test-plugin${path}`, { headers: { 'x-api-key': OWNER_TOKEN } })
  const [slow, never] = [get('/slow'), get('/never')]
  await new Promise((resolve) => setTimeout(resolve, 100))
  const closing = own.gateway.close({ drainMs: 600 })
  expect(await (await slow).text()).toBe('done')
  expect((await never).status).toBe(503)
  await closing
  await own.close()
})

test('routes come and go with their plugin', async () => {
  const late = definePlugin({
    name: 'late',
    version: '1.0.0',
    setup: (ctx) => void ctx.route('GET', '/', () => new Response('here')),
  })
  const get = (): Promise<Response> => fetch(`${gw.url}/late`, { headers: { 'x-api-key': OWNER_TOKEN } })
  expect((await get()).status).toBe(404)
  await gw.manager.loadPlugin(late)
  expect(await (await get()).text()).toBe('here')
  await gw.manager.unloadPlugin('late')
  expect((await get()).status).toBe(404)
})

test('no plugin may take a path of the gateway', async () => {
  for (const prefix of reservedPrefixes) {
    const thief = definePlugin({
      name: 'thief',
      version: '1.0.0',
      prefix,
      setup: (ctx) => void ctx.route('GET', '/', () => new Response('')),
    })
    await expect(gw.manager.loadPlugin(thief)).rejects.toMatchObject({ code: 'PLUGIN_INVALID' })
  }
})
