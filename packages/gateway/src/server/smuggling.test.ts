import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawHttp, statusOf } from '../testing/raw-http.ts'
import { json } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicJson } from '../testing/vendor-answers.ts'

let gw: TestGateway
beforeAll(async () => {
  gw = await startGateway()
  gw.upstream.script = json(anthropicJson)
})
afterAll(() => gw.close())

const BODY = '{"model":"ant/ant-model","max_tokens":5,"messages":[]}'
/** What an attacker hopes is taken for a request of its own. */
const HIDDEN = `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${OWNER_TOKEN}\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`

function post(lines: readonly string[], body: string, line = 'POST /v1/messages HTTP/1.1'): string {
  const head = [
    line,
    'Host: localhost',
    `x-api-key: ${OWNER_TOKEN}`,
    'Content-Type: application/json',
    ...lines,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

const LENGTH = `Content-Length: ${BODY.length}`
const chunked = (size = BODY.length.toString(16)): string => `${size}\r\n${BODY}\r\n0\r\n\r\n`
const TE = 'Transfer-Encoding: chunked'

async function nextRequestWorks(): Promise<void> {
  const before = gw.upstream.seen.length
  const answer = await gw.post('/v1/messages', BODY)
  expect(answer.status).toBe(200)
  await answer.text()
  expect(gw.upstream.seen).toHaveLength(before + 1)
}

/** Each must be refused with one answer, after which the connection is closed: what follows is not read as a request. */
const REFUSED: readonly (readonly [what: string, request: string, status: number])[] = [
  ['a length and chunks', post([LENGTH, TE], chunked()), 400],
  ['chunks and a length', post([TE, 'Content-Length: 0'], chunked()), 400],
  ['a length of nothing and chunks', post(['Content-Length: 0', TE], chunked()), 400],
  ['two lengths', post([LENGTH, 'Content-Length: 5'], BODY), 400],
  ['two equal lengths', post([LENGTH, LENGTH], BODY), 400],
  ['a list of lengths', post([`Content-Length: ${BODY.length}, ${BODY.length}`], BODY), 400],
  ['a length with a sign', post([`Content-Length: +${BODY.length}`], BODY), 400],
  ['a length below nothing', post(['Content-Length: -1'], BODY), 400],
  ['a length in hexadecimal', post([`Content-Length: 0x${BODY.length.toString(16)}`], BODY), 400],
  ['a length that overflows', post(['Content-Length: 99999999999999999999999'], BODY), 400],
  ['a space before the colon', post(['Content-Length : 5', TE], chunked()), 400],
  ['an unknown coding', post(['Transfer-Encoding: xchunked'], chunked()), 400],
  ['chunked that is not last', post(['Transfer-Encoding: chunked, identity'], chunked()), 400],
  ['chunked behind a tab', post(['Transfer-Encoding:\tchunked', LENGTH], chunked()), 400],
  ['a folded header', post(['X-A: b', ' Transfer-Encoding: chunked', LENGTH], BODY), 400],
  ['a bare line feed after a header', post([`X-A: b\nX-B: c`, LENGTH], BODY), 400],
  ['a bare line feed in the request line', `POST /v1/messages HTTP/1.1\nHost: localhost\r\n\r\n`, 400],
  ['a bare carriage return in a header', post([`X-A: b\rContent-Length: 5`, LENGTH], BODY), 400],
  ['a NUL in a header', post([`X-A: b\0c`, LENGTH], BODY), 400],
  ['a NUL in a name', post([`X\0A: b`, LENGTH], BODY), 400],
  ['a NUL in the path', post([LENGTH], BODY, 'POST /v1/mess\0ages HTTP/1.1'), 400],
  ['a header without a name', post([': b', LENGTH], BODY), 400],
  ['a header without a colon', post(['Content-Length 5', LENGTH], BODY), 400],
  ['a chunk size that is none', post([TE], chunked('zz')), 400],
  ['a chunk size with a sign', post([TE], chunked('-1')), 400],
  ['a chunk size that overflows', post([TE], chunked('fffffffffffffffff')), 400],
  ['a chunk that ends elsewhere', post([TE], `5\r\n${BODY}\r\n0\r\n\r\n`), 400],
  [
    'a chunk size ended by a bare line feed',
    post([TE], `${BODY.length.toString(16)}\n${BODY}\r\n0\r\n\r\n`),
    400,
  ],
  [
    'a length among the trailers',
    post([TE], `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\nContent-Length: 5\r\n\r\n`),
    400,
  ],
  ['another version', post([LENGTH], BODY, 'POST /v1/messages HTTP/1.9'), 400],
  ['a version of two digits', post([LENGTH], BODY, 'POST /v1/messages HTTP/1.10'), 400],
  ['no version', 'POST /v1/messages\r\n\r\n', 403],
  ['an unknown method', post([LENGTH], BODY, 'SMUGGLE /v1/messages HTTP/1.1'), 400],
  ['headers beyond the limit', post([`X-A: ${'x'.repeat(40_000)}`, LENGTH], BODY), 431],
  [
    'many headers beyond the limit',
    post([...Array<string>(4000).fill('X-A: 0123456789'), LENGTH], BODY),
    431,
  ],
  ['HTTP/2 without being asked', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', 400],
]

describe('what can be understood in two ways', () => {
  test.each(REFUSED)('%s: refused once, nothing after it is read', async (_what, request, status) => {
    const before = gw.upstream.seen.length
    const answer = await rawHttp(gw.port, `${request}${HIDDEN}`, 3_000)
    expect(statusOf(answer)).toBe(status)
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toHaveLength(1)
    expect(answer.toLowerCase()).toContain('connection: close')
    expect(gw.upstream.seen).toHaveLength(before)
    await nextRequestWorks()
  })
})

/** Legal, if rare: each is served exactly once, and the hidden request behind it is an ordinary second one. */
const SERVED: readonly (readonly [what: string, request: string])[] = [
  ['chunk extensions', post([TE], `${BODY.length.toString(16)};a=b;c="d"\r\n${BODY}\r\n0;e\r\n\r\n`)],
  ['trailers', post([TE, 'Trailer: X-T'], `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\nX-T: 1\r\n\r\n`)],
  ['chunked in capitals', post(['TRANSFER-ENCODING: CHUNKED'], chunked())],
  ['a chunk size with leading zeros', post([TE], chunked(`000${BODY.length.toString(16)}`))],
  ['an empty line before the request', `\r\n${post([LENGTH], BODY)}`],
  ['one after another', post([LENGTH], BODY)],
  ['a fragment', post([LENGTH], BODY, 'POST /v1/messages#x HTTP/1.1')],
]

describe('what can be understood in one way only', () => {
  test.each(SERVED)('%s: both requests are served, each once, in order', async (_what, request) => {
    const before = gw.upstream.seen.length
    const last = HIDDEN.replace('Content-Type', 'Connection: close\r\nContent-Type')
    const answer = await rawHttp(gw.port, request + last, 5_000)
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200'])
    expect(gw.upstream.seen).toHaveLength(before + 2)
    for (const { body, headers } of gw.upstream.seen.slice(before)) {
      expect(JSON.parse(body.toString())).toMatchObject({ max_tokens: 5 })
      expect(headers['x-t']).toBeUndefined()
    }
    await nextRequestWorks()
  })

  test('what follows a refusal by the token is not served with the token of another', async () => {
    const before = gw.upstream.seen.length
    const refused = post([LENGTH], BODY).replace(OWNER_TOKEN, 'wrong-token-0123456789')
    const second = refused.replace('Content-Type', 'Connection: close\r\nContent-Type')
    const answer = await rawHttp(gw.port, refused + second, 5_000)
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 401'])
    expect(gw.upstream.seen).toHaveLength(before)
  })

  test.each([
    ['an absolute target', 'http://localhost/v1/messages'],
    ['an absolute target of another', 'http://evil.example/v1/messages'],
    ['an authority', 'localhost:80'],
    ['two slashes', '//evil.example/v1/messages'],
    ['a backslash', '\\\\evil.example\\v1\\messages'],
    ['dots', '/x/../v1/messages'],
    ['encoded dots', '/x/%2e%2e/v1/messages'],
    ['an encoded slash', '/v1%2fmessages'],
    ['a parameter of the path', '/v1;x=1/messages'],
  ])('%s is no other spelling of a route', async (_what, target) => {
    const before = gw.upstream.seen.length
    const request = post([LENGTH, 'Connection: close'], BODY, `POST ${target} HTTP/1.1`)
    const answer = await rawHttp(gw.port, request, 3_000)
    expect(statusOf(answer)).toBeGreaterThanOrEqual(400)
    expect(statusOf(answer)).toBeLessThan(500)
    expect(gw.upstream.seen).toHaveLength(before)
    await nextRequestWorks()
  })

  test('an Expect is answered before the body, one that is not known is refused', async () => {
    const close = 'Connection: close'
    expect(statusOf(await rawHttp(gw.port, post([LENGTH, close, 'Expect: 100-continue'], BODY), 3_000))).toBe(
      100,
    )
    const unknown = await rawHttp(gw.port, post([LENGTH, close, 'Expect: magic'], BODY), 3_000)
    expect(statusOf(unknown)).toBe(417)
  })
})
