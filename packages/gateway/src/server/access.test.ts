import type { HealthReport } from '@agentproxy/kernel'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rawHttp, statusOf } from '../testing/raw-http.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicJson } from '../testing/vendor-answers.ts'
import { json } from '../testing/scripted-upstream.ts'

let gw: TestGateway
beforeAll(async () => {
  gw = await startGateway({
    limits: { bodyBytes: 10_000, headersTimeoutMs: 400 },
    setup: (ctx) => {
      ctx.route('GET', '/own', () => new Response('own'))
      ctx.route('GET', '/open', () => new Response('open'), { access: 'public' })
    },
  })
  gw.upstream.script = json(anthropicJson)
})
afterAll(() => gw.close())

const ROUTES: readonly (readonly [method: string, path: string])[] = [
  ['POST', '/v1/messages'],
  ['POST', '/v1/chat/completions'],
  ['POST', '/v1/responses'],
  ['POST', '/v1beta/models/ant/ant-model:generateContent'],
  ['GET', '/v1/models'],
  ['GET', '/v1/models/ant/ant-model'],
  ['GET', '/plugins'],
  ['GET', '/plugins/test-plugin'],
  ['GET', '/tools'],
  ['GET', '/test-plugin/own'],
  ['GET', '/test-plugin/open'],
  ['GET', '/nowhere'],
  ['GET', '/health'],
  ['GET', '/livez'],
  ['GET', '/readyz'],
  ['HEAD', '/readyz'],
  ['GET', '/'],
  ['HEAD', '/'],
]
const OPEN = new Set(['/health', '/livez', '/readyz', '/', '/test-plugin/open'])
const BODY =
  '{"input":"x","contents":[{"parts":[{"text":"x"}]}],"model":"ant/ant-model","messages":[],"max_tokens":5}'

interface Ask {
  readonly method: string
  readonly path: string
  readonly headers?: readonly string[]
  readonly token?: string | null
  readonly host?: string
}

function ask({
  method,
  path,
  headers = [],
  token = OWNER_TOKEN,
  host = `127.0.0.1:${gw.port}`,
}: Ask): Promise<string> {
  const body = method === 'POST' ? BODY : ''
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...(host === '' ? [] : [`Host: ${host}`]),
    ...(token === null ? [] : [`Authorization: Bearer ${token}`]),
    ...(method === 'POST' ? ['Content-Type: application/json', `Content-Length: ${body.length}`] : []),
    ...headers,
    'Connection: close',
  ]
  return rawHttp(gw.port, `${lines.join('\r\n')}\r\n\r\n${body}`)
}

for (const [method, path] of ROUTES) {
  test(`${method} ${path} serves no one without the token, save where it is open`, async () => {
    const expected = OPEN.has(path) ? 200 : 401
    expect(statusOf(await ask({ method, path, token: null }))).toBe(expected)
    expect(statusOf(await ask({ method, path, token: 'wrong-token-0123456789' }))).toBe(expected)
    expect(statusOf(await ask({ method, path, token: OWNER_TOKEN.slice(0, -1) }))).toBe(expected)
    expect(statusOf(await ask({ method, path }))).toBe(path === '/nowhere' ? 404 : 200)
  })

  test(`${method} ${path} refuses a Host that is not this machine, even with the token`, async () => {
    const hosts = [
      'evil.example',
      `evil.example:${gw.port}`,
      '127.0.0.1:1',
      `127.0.0.1.evil.example:${gw.port}`,
      '0.0.0.0',
    ]
    for (const host of hosts) expect(statusOf(await ask({ method, path, host }))).toBe(403)
    expect(statusOf(await ask({ method, path, host: '' }))).toBe(400)
    expect(statusOf(await ask({ method, path, headers: ['Host: evil.example'] }))).toBe(403)
  })

  test(`${method} ${path} refuses web pages of other origins`, async () => {
    const foreign = [
      'http://evil.example',
      'null',
      'http://127.0.0.1:1',
      `https://127.0.0.1:${gw.port}`,
      'http://localhost',
    ]
    for (const origin of foreign) {
      expect(statusOf(await ask({ method, path, headers: [`Origin: ${origin}`] }))).toBe(403)
    }
    for (const site of ['cross-site', 'same-site']) {
      expect(statusOf(await ask({ method, path, headers: [`Sec-Fetch-Site: ${site}`] }))).toBe(403)
    }
    const own = [`Origin: http://localhost:${gw.port}`, 'Sec-Fetch-Site: same-origin']
    const answer = await ask({ method, path, headers: own })
    expect(statusOf(answer)).toBe(path === '/nowhere' ? 404 : 200)
    expect(answer.toLowerCase()).not.toContain('access-control-')
  })
}

test('every loopback spelling of the Host is served', async () => {
  for (const name of ['127.0.0.1', 'localhost', '[::1]', 'LOCALHOST']) {
    for (const host of [name, `${name}:${gw.port}`]) {
      expect(statusOf(await ask({ method: 'GET', path: '/health', host }))).toBe(200)
    }
  }
})

test('a refusal is written in the caller’s dialect', async () => {
  const messages = await fetch(`${gw.url}/v1/messages`, { method: 'POST' })
  expect(await messages.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } })
  const chat = await fetch(`${gw.url}/v1/chat/completions`, { method: 'POST' })
  expect(await chat.json()).toMatchObject({ error: { message: expect.stringContaining('token') } })
  const models = await fetch(`${gw.url}/v1/models`, { headers: { 'anthropic-version': '2023-06-01' } })
  expect(await models.json()).toMatchObject({ type: 'error' })
})

test('a token in the URL is no token', async () => {
  expect(statusOf(await ask({ method: 'GET', path: `/v1/models?key=${OWNER_TOKEN}`, token: null }))).toBe(401)
})

test('health says that it serves and the version, nothing else', async () => {
  const health = await fetch(`${gw.url}/health`)
  expect(health.headers.get('content-type')).toContain('application/health+json')
  expect(await health.json()).toEqual({ status: 'pass', version: '9.9.9' })
})

test('health is the worst the plugins say, in detail only for who has a token', async () => {
  let status: 'pass' | 'warn' | 'fail' = 'warn'
  const health = (): Promise<HealthReport> =>
    Promise.resolve({
      status,
      checkedAt: 0,
      plugins: { disk: { status, output: 'nearly full', details: { freeBytes: 5 }, durationMs: 1.6 } },
    })
  const own = await startGateway({ health })
  try {
    const open = await fetch(`${own.url}/health`)
    expect([open.status, await open.json()]).toEqual([200, { status: 'warn', version: '9.9.9' }])
    status = 'fail'
    const full = await fetch(`${own.url}/health`, { headers: { 'x-api-key': OWNER_TOKEN } })
    expect(full.status).toBe(503)
    expect(await full.json()).toMatchObject({
      status: 'fail',
      checks: {
        'plugin-disk:responseTime': [
          {
            componentId: 'plugin-disk',
            status: 'fail',
            output: 'nearly full',
            observedValue: 2,
            observedUnit: 'ms',
          },
        ],
      },
    })
  } finally {
    await own.close()
  }
})

test('Codex’s WebSocket is refused at once on the socket itself, and nothing after it is served', async () => {
  const head = [
    'GET /v1/responses HTTP/1.1',
    'Host: localhost',
    `authorization: Bearer ${OWNER_TOKEN}`,
    'openai-beta: responses_websockets=2026-02-06',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]
  const frame = Buffer.from([0x81, 0x80, 1, 2, 3, 4]).toString('latin1')
  const answer = await rawHttp(gw.port, `${head.join('\r\n')}\r\n\r\n${frame}`, 5_000)
  expect(statusOf(answer)).toBe(426)
  expect(answer).toMatch(/^upgrade: HTTP\/1\.1\r$/im)
  expect(answer).toMatch(/^connection: close\r$/im)
  expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1)
  expect(answer).toContain('Use plain HTTP')
})

test('a WebSocket attempt is told to use plain HTTP', async () => {
  const headers = [
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]
  const upgrade = headers.concat('Connection: Upgrade')
  expect(statusOf(await ask({ method: 'GET', path: '/v1/models', headers: upgrade }))).toBe(426)
  expect(statusOf(await ask({ method: 'GET', path: '/v1/models', headers: upgrade, token: null }))).toBe(401)
})

test('only JSON is taken', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const answer = await gw.post('/v1/messages', BODY, { headers: { 'content-type': type } })
    expect(answer.status).toBe(415)
    expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
  }
  const zipped = await gw.post('/v1/messages', BODY, { headers: { 'content-encoding': 'gzip' } })
  expect(zipped.status).toBe(415)
})

test('a body over the cap is 413 in the dialect, with or without a declared length', async () => {
  const large = JSON.stringify({ model: 'ant/ant-model', pad: 'x'.repeat(20_000) })
  const messages = await gw.post('/v1/messages', large)
  expect(messages.status).toBe(413)
  expect(await messages.json()).toMatchObject({ type: 'error', error: { type: 'request_too_large' } })
  const chat = await gw.post('/v1/chat/completions', large)
  expect(chat.status).toBe(413)
  expect(await chat.json()).toHaveProperty('error.message')
  const head = `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${OWNER_TOKEN}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
  const chunked = await rawHttp(
    gw.port,
    `${head}${(20_000).toString(16)}\r\n${'x'.repeat(20_000)}\r\n0\r\n\r\n`,
  )
  expect(statusOf(chunked)).toBe(413)
})

test('ambiguous framing is refused and never reaches the upstream', async () => {
  const before = gw.upstream.seen.length
  const head = `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${OWNER_TOKEN}\r\nContent-Type: application/json\r\n`
  const smuggled = `GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n`
  const tries = [
    `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}{}{}`,
    `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    `${head}Content-Length: +5\r\n\r\n{}{}{}`,
    `${head}X-Note: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
  ]
  for (const attempt of tries) {
    const answer = await rawHttp(gw.port, attempt, 600)
    expect(statusOf(answer), attempt).toBe(400)
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  }
  expect(gw.upstream.seen.length).toBe(before)
})

test('an absolute target is refused, another method finds no route', async () => {
  expect(statusOf(await ask({ method: 'GET', path: 'http://evil.example/v1/models' }))).toBe(403)
  expect(statusOf(await ask({ method: 'OPTIONS', path: '*' }))).toBe(403)
  expect(statusOf(await ask({ method: 'GET', path: '/nowhere' }))).toBe(404)
  expect(statusOf(await ask({ method: 'OPTIONS', path: '/nowhere' }))).toBe(404)
})

test('a path served for other methods says which, and OPTIONS asks for just that', async () => {
  const wrong = await ask({ method: 'GET', path: '/v1/messages?beta=true' })
  expect(statusOf(wrong)).toBe(405)
  expect(wrong).toMatch(/^allow: POST\r$/im)
  expect(wrong).toContain('"type":"error"')
  const options = await ask({ method: 'OPTIONS', path: '/v1/responses/abc' })
  expect(statusOf(options)).toBe(204)
  expect(options).toMatch(/^allow: DELETE, GET\r$/im)
  expect(options.toLowerCase()).not.toContain('access-control-')
  expect(statusOf(await ask({ method: 'OPTIONS', path: '/v1/messages', token: null }))).toBe(401)
  expect(statusOf(await ask({ method: 'PUT', path: '/oai/v1/chat/completions' }))).toBe(405)
  expect(statusOf(await ask({ method: 'POST', path: '/test-plugin/own' }))).toBe(405)
})

test('headers over the cap are refused', async () => {
  expect(
    statusOf(await ask({ method: 'GET', path: '/health', headers: [`X-Pad: ${'x'.repeat(40_000)}`] })),
  ).toBe(431)
})

test('a client that sends its headers too slowly is let go', async () => {
  const answer = await rawHttp(gw.port, 'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n', 5_000)
  expect(statusOf(answer)).toBe(408)
})
