import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest'
import { expectServing, expectUnharmed, openSockets } from '../testing/expect-unharmed.ts'
import { RawUpstream } from '../testing/raw-upstream.ts'
import { provider, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicJson } from '../testing/vendor-answers.ts'

let gw: TestGateway
let raw: RawUpstream
let tlsPort = 1
let before: number
beforeAll(async () => {
  raw = await new RawUpstream().listen()
  gw = await startGateway({
    routing: { timeouts: { firstByteMs: 400, totalMs: 3_000 }, retries: { max: 0 } },
    setup(ctx) {
      const any = { passesUnknownModels: true }
      ctx.provider(provider('raw', 'anthropic', `http://127.0.0.1:${raw.port}`, any))
      ctx.provider(provider('safe', 'anthropic', `https://127.0.0.1:${raw.port}`, any))
      ctx.provider(provider('fake', 'anthropic', 'https://localhost:1', any))
    },
  })
})
beforeEach(async () => {
  await expectServing(gw)
  before = openSockets()
})
afterEach(() => expectUnharmed(gw, before))
afterAll(async () => {
  await gw.close()
  await raw.close()
})

const BODY = JSON.stringify(anthropicJson)
const ASK = { max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }

let asked = 0

/** Asks a model of its own, so that no breaker has opened, for a JSON answer, and gives its status and the exchange's reason. */
async function ask(model: string): Promise<readonly [status: number, reason: string | undefined]> {
  const headers = { connection: 'close' }
  const answer = await gw.post('/v1/messages', { model: `${model}${(asked += 1)}`, ...ASK }, { headers })
  const text = await answer.text()
  if (answer.status >= 400) expect(JSON.parse(text)).toMatchObject({ type: 'error', error: {} })
  return [answer.status, gw.ends.at(-1)?.reason]
}

function says(...lines: readonly string[]): (socket: Socket) => void {
  return (socket) => void socket.end(`${lines.join('\r\n')}\r\n\r\n${BODY}`, 'latin1')
}
const OK = 'HTTP/1.1 200 OK'
const LENGTH = `content-length: ${BODY.length}`
const JSON_TYPE = 'content-type: application/json'

describe('F12: an answer whose head cannot be trusted is 502, and its connection is closed', () => {
  test.each([
    ['headers beyond the limit', says(OK, `x-big: ${'x'.repeat(20_000)}`, LENGTH)],
    ['ten thousand headers', says(OK, ...Array<string>(10_000).fill('x-a: b'), LENGTH)],
    ['a header that is folded', says(OK, JSON_TYPE, 'x-a: b', ' c: d', LENGTH)],
    ['a bare carriage return in a header', says(OK, 'x-a: b\rc: d', LENGTH)],
    ['a bare line feed in a header', says(OK, 'x-a: b\nevil', LENGTH)],
    ['a NUL in a header', says(OK, 'x-a: b\0c', LENGTH)],
    ['two lengths that differ', says(OK, JSON_TYPE, LENGTH, 'content-length: 5')],
    ['a length and chunks', says(OK, JSON_TYPE, LENGTH, 'transfer-encoding: chunked')],
    ['a length below nothing', says(OK, JSON_TYPE, 'content-length: -5')],
    ['a chunk size that is none', says(OK, JSON_TYPE, 'transfer-encoding: chunked')],
    ['a status that is none', says('HTTP/1.1 abc OK', LENGTH)],
    ['another version', says('HTTP/7.1 200 OK', LENGTH)],
    ['no HTTP at all', says('SSH-2.0-OpenSSH_9.6')],
    ['a body longer than it came', says(OK, JSON_TYPE, `content-length: ${BODY.length + 9}`)],
  ])('%s', async (_what, script) => {
    raw.script = script
    const [status, reason] = await ask('raw/m')
    expect(status).toBe(502)
    expect(['bad_answer', 'connection_lost']).toContain(reason)
    await expect.poll(() => raw.open).toBe(0)
  })

  test('F12: what comes after the length is nobody’s answer', async () => {
    raw.script = (socket) =>
      void socket.write(
        `${OK}\r\n${JSON_TYPE}\r\n${LENGTH}\r\n\r\n${BODY}${OK}\r\ncontent-length: 2\r\n\r\n{}`,
      )
    expect(await ask('raw/m')).toEqual([200, 'ok'])
    await expect.poll(() => raw.open).toBe(0)
    expect(await ask('raw/m')).toEqual([200, 'ok'])
  })
})

describe('F22: a compressed answer was not asked for, is refused by its head, and never unpacked', () => {
  const plain = Buffer.from(BODY)
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  test.each([
    ['gzip', 'gzip', gzipSync(plain)],
    ['br', 'br', brotliCompressSync(plain)],
    ['deflate', 'deflate', plain],
    ['zstd', 'zstd', plain],
    ['gzip in gzip', 'gzip, gzip', gzipSync(gzipSync(plain))],
    ['truncated gzip', 'gzip', gzipSync(plain).subarray(0, 20)],
    ['a name for what is plain', 'gzip', plain],
    ['a bomb', 'gzip', bomb],
  ])('%s', async (_what, encoding, bytes) => {
    raw.script = (socket) => {
      socket.write(
        `${OK}\r\n${JSON_TYPE}\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${bytes.length}\r\n\r\n`,
      )
      socket.end(bytes)
    }
    expect(await ask('raw/m')).toEqual([502, 'bad_answer'])
    await expect.poll(() => raw.open).toBe(0)
  })
})

test('F09: an upstream that accepts and says nothing is 504', async () => {
  raw.script = () => {}
  expect(await ask('raw/m')).toEqual([504, 'first_byte_timeout'])
  await expect.poll(() => raw.open).toBe(0)
})

test('F23: a head that trickles in is ended by the time for the first byte', async () => {
  raw.script = (socket) => {
    socket.write(`${OK}\r\n`)
    const timer = setInterval(() => socket.write('x'), 40)
    socket.once('close', () => clearInterval(timer))
  }
  expect(await ask('raw/m')).toEqual([504, 'first_byte_timeout'])
})

test('F23: a JSON answer that trickles in is ended by the total time', async () => {
  raw.script = (socket) => {
    socket.write(`${OK}\r\n${JSON_TYPE}\r\n${LENGTH}\r\n\r\n`)
    let at = 0
    const timer = setInterval(() => socket.write(BODY[at++] ?? ''), 40)
    socket.once('close', () => clearInterval(timer))
  }
  expect(await ask('raw/m')).toEqual([504, 'total_timeout'])
})

test('F10: a reset before the head of an answer is 502', async () => {
  raw.script = (socket) => void socket.resetAndDestroy()
  expect(await ask('raw/m')).toEqual([502, 'connection_lost'])
})

test('F08: plain text where TLS was to begin is 502, and nothing is said in the clear', async () => {
  let heard = ''
  raw.script = (socket) => {
    socket.on('data', (bytes) => (heard += bytes.toString('latin1')))
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
  }
  expect(await ask('safe/m')).toEqual([502, 'bad_answer'])
  expect(heard).not.toContain('POST')
})

test('F08: a certificate that nobody vouches for is 502, and no request is sent', async ({ skip }) => {
  const folder = mkdtempSync(join(tmpdir(), 'agentproxy-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost']
  try {
    await promisify(execFile)('openssl', [...made, '-keyout', key, '-out', cert])
  } catch {
    rmSync(folder, { recursive: true, force: true })
    skip('openssl is not installed')
  }
  let requests = 0
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    socket.on('error', () => {})
    socket.on('data', () => (requests += 1))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  tlsPort = (server.address() as AddressInfo).port
  const own = await startGateway({
    setup: (ctx) => void ctx.provider(provider('tls', 'anthropic', `https://localhost:${tlsPort}`)),
  })
  const answer = await own.post('/v1/messages', { model: 'tls/tls-model', ...ASK })
  expect([answer.status, own.ends[0]?.reason, requests]).toEqual([502, 'bad_answer', 0])
  await own.close()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})
