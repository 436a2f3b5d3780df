import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectServing, expectUnharmed, openSockets } from '../testing/expect-unharmed.ts'
import { rawHttp, statusOf } from '../testing/raw-http.ts'
import { json } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicJson, openaiJson } from '../testing/vendor-answers.ts'

let gw: TestGateway
let before: number
let threwFor = ''
beforeAll(async () => {
  gw = await startGateway({
    setup(ctx) {
      ctx.hook(
        'request.received',
        () => {
          if (threwFor === 'guard') throw new Error('no')
        },
        { onError: 'block' },
      )
      ctx.hook('exchange.end', () => {
        if (threwFor === 'end') throw 'not even an error'
      })
      ctx.hook('upstream.call', async (_call, next) => {
        if (threwFor === 'call') throw Object.create(null)
        return next()
      })
    },
  })
})
beforeEach(async () => {
  threwFor = ''
  await expectServing(gw)
  before = openSockets()
})
afterEach(async () => {
  threwFor = ''
  await expectUnharmed(gw, before)
})
afterAll(() => gw.close())

const once = { connection: 'close' }
const messages = '[{"role":"user","content":"hi"}]'

async function post(
  body: string,
  headers: Record<string, string> = {},
  path = '/v1/messages',
): Promise<number> {
  const answer = await gw.post(path, body, { headers: { ...once, ...headers } })
  await answer.text()
  return answer.status
}

describe('F28: what is no JSON is refused before anybody reads it', () => {
  const good = `{"model":"ant/ant-model","max_tokens":5,"messages":${messages}}`
  test.each([
    ['text', 'text/plain', 415],
    ['a form', 'application/x-www-form-urlencoded', 415],
    ['a type that only begins like JSON', 'application/jsonx', 415],
    ['a tab behind the type', 'application/json\ttext/plain', 415],
    ['two types', 'application/json, text/plain', 415],
    ['JSON with a charset', 'application/json; charset=utf-8', 200],
  ])('%s', async (_what, type, status) => {
    gw.upstream.script = json(anthropicJson, 200, once)
    const seen = gw.upstream.seen.length
    expect(await post(good, { 'content-type': type })).toBe(status)
    expect(gw.upstream.seen.length - seen).toBe(status === 200 ? 1 : 0)
  })

  test.each([
    ['nothing', ''],
    ['a half', '{"model":'],
    ['a list', '[]'],
    ['a number', '7'],
    ['two', '{}{}'],
  ])('a body that is %s', async (_what, body) => {
    expect(await post(body)).toBe(400)
  })
})

describe('F29: JSON that is made to hurt is read or refused, and hurts nobody', () => {
  const fields = Array.from({ length: 200_000 }, (_, at) => `"k${at}":${at}`).join(',')
  test.each([
    ['two hundred thousand names', `"metadata":{${fields}}`],
    ['a number without end', `"temperature":${'9'.repeat(50_000)}`],
    ['half a character', '"system":"\\ud83e"'],
    ['a name that is a prototype', '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}'],
    ['names within names', `"metadata":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`],
  ])('%s', async (_what, more) => {
    for (const [model, answer] of [
      ['ant/ant-model', anthropicJson],
      ['oai/x', openaiJson],
    ] as const) {
      gw.upstream.script = json(answer, 200, once)
      const status = await post(`{"model":"${model}","max_tokens":5,"messages":${messages},${more}}`)
      expect([200, 400]).toContain(status)
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('F31: a path says where it leads, or nowhere', () => {
  test.each([
    '//v1/messages',
    '/v1//messages',
    '/v1/../v1/messages',
    '/v1/%2e%2e/v1/messages',
    '/v1/messages%00',
    '/v1/messages/..%2f..%2fplugins',
    '/V1/MESSAGES',
    '/v1/messages;x=1',
    `/v1/${'m'.repeat(9_000)}`,
  ])('%s', async (path) => {
    for (const key of [OWNER_TOKEN, 'wrong-token-wrong-token']) {
      const answer = await rawHttp(
        gw.port,
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${key}\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
      )
      expect([400, 401, 404, 414, 431]).toContain(statusOf(answer))
    }
  })
})

test('F32: HEAD, HTTP/1.0 and requests one behind the other are answered, each once', async () => {
  const head = await rawHttp(gw.port, 'HEAD /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  expect([statusOf(head), head.endsWith('\r\n\r\n')]).toEqual([200, true])
  const old = await rawHttp(gw.port, 'GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n')
  expect(statusOf(old)).toBe(200)
  const one = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n'
  const both = await rawHttp(gw.port, `${one}\r\n${one}Connection: close\r\n\r\n`)
  expect(both.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
})

test('F34: the same idempotency key twice is two calls: the gateway promises at least once', async () => {
  gw.upstream.script = json(anthropicJson, 200, once)
  const seen = gw.upstream.seen.length
  const body = `{"model":"ant/ant-model","max_tokens":5,"messages":${messages}}`
  for (let count = 0; count < 2; count += 1) expect(await post(body, { 'idempotency-key': 'k-1' })).toBe(200)
  expect(gw.upstream.seen).toHaveLength(seen + 2)
})

describe('F38, F51: a plugin that throws in a request spoils that request at most', () => {
  test.each([
    ['in a guard', 'guard', 403],
    ['in an observer, and no error at that', 'end', 200],
    ['around a call, and nothing that has a name', 'call', 200],
  ])('%s', async (_what, where, status) => {
    gw.upstream.script = json(anthropicJson, 200, once)
    threwFor = where
    const asked = await post(`{"model":"ant/ant-model","max_tokens":5,"messages":${messages}}`)
    threwFor = ''
    expect(asked).toBe(status)
  })
})

test('F48: a clock that jumps an hour makes no duration negative and ends nothing', async () => {
  const { now } = Date
  gw.upstream.script = (response) => {
    Date.now = () => now() - 3_600_000
    setTimeout(
      () =>
        response
          .writeHead(200, { ...once, 'content-type': 'application/json' })
          .end(JSON.stringify(anthropicJson)),
      30,
    )
  }
  try {
    expect(await post(`{"model":"ant/ant-model","max_tokens":5,"messages":${messages}}`)).toBe(200)
  } finally {
    Date.now = now
  }
  const { durationMs, firstByteMs } = gw.ends.at(-1) ?? {}
  expect([durationMs, firstByteMs].every((ms) => typeof ms === 'number' && ms >= 0 && ms < 60_000)).toBe(true)
})
