import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { rawHttp, statusOf } from '../testing/raw-http.ts'
import { json } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicJson } from '../testing/vendor-answers.ts'

const MIB = 1024 * 1024
const BODY = '{"model":"ant/ant-model","max_tokens":5,"messages":[]}'

let gw: TestGateway
let baseline: number
beforeAll(async () => {
  gw = await startGateway({ limits: { headersTimeoutMs: 400, requestTimeoutMs: 800 } })
  gw.upstream.script = json(anthropicJson)
})
beforeEach(async () => {
  await nextRequestWorks()
  baseline = sockets()
})
/** After each assault the next request works, and no connection is left of it. */
afterEach(async () => {
  await nextRequestWorks()
  await expect.poll(sockets, { timeout: 10_000 }).toBeLessThanOrEqual(baseline)
})
afterAll(() => gw.close())

async function nextRequestWorks(): Promise<void> {
  const answer = await gw.post('/v1/messages', BODY, { headers: { connection: 'close' } })
  expect(answer.status).toBe(200)
  await answer.text()
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
}

function head(...lines: readonly string[]): string {
  const all = ['POST /v1/messages HTTP/1.1', 'Host: localhost', `x-api-key: ${OWNER_TOKEN}`]
  return [...all, 'Content-Type: application/json', ...lines, '', ''].join('\r\n')
}

async function opened(): Promise<Socket> {
  const socket = connect(gw.port, '127.0.0.1')
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  return socket
}

test('headers that trickle in are cut off', async () => {
  const socket = await opened()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.resume()
  socket.write('POST /v1/messages HTTP/1.1\r\nHost: localhost\r\n')
  const trickle = setInterval(() => socket.write('X-A: b\r\n'), 50)
  await closed
  clearInterval(trickle)
})

test('a body that trickles in is cut off, and no upstream hears of it', async () => {
  const before = gw.upstream.seen.length
  const socket = await opened()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.resume()
  socket.write(`${head('Content-Length: 100000')}{`)
  const trickle = setInterval(() => socket.write(' '), 50)
  await closed
  clearInterval(trickle)
  expect(gw.upstream.seen).toHaveLength(before)
})

test('a hundred megabytes are refused by their announcement, before they are sent', async () => {
  const answer = await rawHttp(gw.port, `${head(`Content-Length: ${100 * MIB}`)}{`, 3_000)
  expect(statusOf(answer)).toBe(413)
})

test('a hundred megabytes without an announcement are cut off on the way', async () => {
  const before = gw.upstream.seen.length
  const socket = await opened()
  let answer = ''
  socket.on('data', (data) => (answer += data.toString('latin1')))
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.write(head('Transfer-Encoding: chunked'))
  const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MIB, ' '), Buffer.from('\r\n')])
  for (let sent = 0; sent < 100 && !socket.destroyed; sent += 1)
    await new Promise<void>((resolve) => socket.write(chunk, () => resolve()))
  socket.end()
  await closed
  expect(answer === '' ? 413 : statusOf(answer)).toBe(413)
  expect(gw.upstream.seen).toHaveLength(before)
})

test.each(['ant/ant-model', 'oai/x'])(
  'a bomb of brackets for %s is answered without a crash',
  async (model) => {
    for (const depth of [1_000, 100_000]) {
      const bomb = `{"model":"${model}","max_tokens":5,"messages":${'['.repeat(depth)}${']'.repeat(depth)}}`
      const answer = await gw.post('/v1/messages', bomb, { headers: { connection: 'close' } })
      expect(answer.status, await answer.text()).toBeLessThan(500)
    }
  },
)

test('of a name that is there twice, what routes is what the upstream reads', async () => {
  const twice = '{"model":"oai/x","model":"ant/ant-model","max_tokens":5,"messages":[]}'
  const before = gw.upstream.seen.length
  const answer = await gw.post('/v1/messages', twice, { headers: { connection: 'close' } })
  await answer.text()
  const seen = gw.upstream.seen.slice(before)
  if (answer.status >= 400) {
    expect(seen).toEqual([])
    return
  }
  expect(seen).toHaveLength(1)
  expect(seen[0]?.url).toBe('/v1/messages')
  expect(JSON.parse(seen[0]?.body.toString() ?? '')).toMatchObject({ model: 'ant-model' })
})

test('a thousand idle connections keep nobody out, and are let go', async () => {
  const idle = await Promise.all(Array.from({ length: 1000 }, opened))
  await nextRequestWorks()
  const gone = idle.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())))
  for (const socket of idle) socket.resume()
  // A connection that never asks counts as one that sends its headers too slowly.
  await Promise.all(gone)
})

test('garbage behind a request whose answer streams does not get into that answer', async () => {
  const { script } = gw.upstream
  gw.upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const text = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } }
    response.write(`event: ${text.type}\ndata: ${JSON.stringify(text)}\n\n`)
    setTimeout(() => response.end(), 300)
  }
  const body = BODY.replace('{', '{"stream":true,')
  const socket = await opened()
  let answer = ''
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('data', (data) => {
    if (answer === '') socket.write('GARBAGE\r\n\r\n')
    answer += data.toString('latin1')
  })
  socket.write(head(`Content-Length: ${body.length}`) + body)
  await closed
  gw.upstream.script = script
  expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200'])
})
