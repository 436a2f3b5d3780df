import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createSseParser } from '@agentproxy/wire'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { json } from '../testing/scripted-upstream.ts'
import { OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import * as vendor from '../testing/vendor-answers.ts'
import { readEvents } from './event-reader.ts'
import { EventRing } from './event-ring.ts'

let gw: TestGateway
beforeEach(async () => {
  gw = await startGateway()
  gw.upstream.script = json(vendor.openaiJson)
})
afterEach(() => gw.close())

interface Heard {
  readonly id: number
  readonly event: string
  readonly data: Record<string, unknown>
}

/** Reads events until it is closed. */
async function listen(lastId?: number) {
  const controller = new AbortController()
  const answer = await fetch(`${gw.url}/events`, {
    headers: {
      authorization: `Bearer ${OWNER_TOKEN}`,
      ...(lastId !== undefined && { 'last-event-id': String(lastId) }),
    },
    signal: controller.signal,
  })
  const heard: Heard[] = []
  const done = (async () => {
    let text = ''
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString()
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const id = Number(/^id: (\d+)$/m.exec(block)?.[1] ?? Number.NaN)
        const [parsed] = createSseParser().push(Buffer.from(`${block}\n\n`))
        if (parsed !== undefined) heard.push({ id, event: parsed.event, data: JSON.parse(parsed.data) })
      }
    }
  })()
  return { answer, heard, done: done.catch(() => {}), close: () => controller.abort() }
}

async function talk(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const model = `oai/m${index}`
    await (await gw.post('/v1/chat/completions', { model, messages: [] })).text()
  }
}

async function readers(): Promise<string | undefined> {
  const answer = await fetch(`${gw.url}/metrics`, { headers: { 'x-api-key': OWNER_TOKEN } })
  return /^agentproxy_gateway_event_readers (\d+)$/m.exec(await answer.text())?.[1]
}

test('exchanges and plugins are told as they happen, with ids that go up by one', async () => {
  const { answer, heard, close } = await listen()
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  await talk(2)
  await gw.manager.loadPlugin({ name: 'late', version: '1.0.0', setup: () => {} })
  await gw.manager.unloadPlugin('late')
  await expect.poll(() => heard.length).toBe(4)
  expect(heard.map(({ event }) => event)).toEqual([
    'exchange.end',
    'exchange.end',
    'plugin.state',
    'plugin.state',
  ])
  expect(heard[1]?.data).toMatchObject({ outcome: 'completed', model: 'oai/m1', inputTokens: 12 })
  expect(heard[3]?.data).toEqual({ plugin: 'late', state: 'unloaded', reason: null })
  const [first] = heard
  expect(heard.map(({ id }) => id - (first?.id ?? 0))).toEqual([0, 1, 2, 3])
  close()
})

test('who comes back hears what it missed, and of a gap where that is gone', async () => {
  const before = await listen()
  await talk(1)
  await expect.poll(() => before.heard.length).toBe(1)
  before.close()
  const seen = before.heard[0]?.id ?? 0
  await talk(2)
  const again = await listen(seen)
  await expect.poll(() => again.heard.map(({ id }) => id)).toEqual([seen + 1, seen + 2])
  again.close()
  for (const unknown of [5, Number.MAX_SAFE_INTEGER]) {
    const lost = await listen(unknown)
    await expect.poll(() => lost.heard.length).toBe(4)
    expect(lost.heard[0]).toMatchObject({ event: 'gap', data: { missed: null }, id: seen - 1 })
    lost.close()
  }
})

test('a reader that leaves leaves nothing behind, and closing ends the others at once', async () => {
  const all = await Promise.all([listen(), listen(), listen()])
  expect(await readers()).toBe('3')
  all[0]?.close()
  all[1]?.close()
  await expect.poll(readers).toBe('1')
  const begun = performance.now()
  await gw.gateway.close({ drainMs: 20_000 })
  expect(performance.now() - begun).toBeLessThan(10_000)
  await all[2]?.done
})

test('more readers than anybody needs are refused, as is an id that is none', async () => {
  const all = await Promise.all(Array.from({ length: 32 }, () => listen()))
  const headers = { 'x-api-key': OWNER_TOKEN }
  expect((await fetch(`${gw.url}/events`, { headers })).status).toBe(503)
  for (const { close } of all) close()
  await expect.poll(readers).toBe('0')
  const bad = await fetch(`${gw.url}/events`, { headers: { ...headers, 'last-event-id': 'x' } })
  expect(bad.status).toBe(400)
})

/** A server of one reader's events, and a client that does not read yet. */
async function unread(ring: EventRing, stallMs: number) {
  const server = createServer((_request, response) =>
    readEvents({ response, ring, lastId: null, heartbeatMs: 10, stallMs }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await expect.poll(() => ring.listeners).toBe(1)
  socket.pause()
  // More than all buffers between the two.
  for (let index = 0; index < 3_000; index += 1) {
    ring.publish('x', 'x'.repeat(10_000))
    if (index % 4 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return socket
}

test('a reader that is behind is not waited for, and is told of the gap when it reads on', async () => {
  const ring = new EventRing({ capacity: 5, startId: 1 })
  const socket = await unread(ring, 60_000)
  let text = ''
  const missed = await new Promise<number>((resolve) => {
    socket.on('data', (chunk) => {
      text = text.slice(-100) + chunk.toString('latin1')
      const gap = /event: gap\ndata: \{"missed":(\d+)\}/.exec(text)
      if (gap !== null) resolve(Number(gap[1]))
    })
    socket.resume()
  })
  expect(missed).toBeGreaterThan(0)
  socket.destroy()
  await expect.poll(() => ring.listeners).toBe(0)
})

test('a reader that takes nothing for too long is let go', async () => {
  const ring = new EventRing({ capacity: 5, startId: 1 })
  const socket = await unread(ring, 30)
  await expect.poll(() => ring.listeners).toBe(0)
  socket.destroy()
})

test('a ring gives each event once, in order, and counts what it lost', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.nat(12), fc.nat(14), (capacity, count, back) => {
      const ring = new EventRing({ capacity, startId: 100 })
      for (let index = 0; index < count; index += 1) ring.publish('x', index)
      const cursor = 99 + count - back
      const { events, missed } = ring.after(cursor)
      const held = Math.min(capacity, count)
      expect(events.map(({ id }) => id)).toEqual(
        Array.from(
          { length: Math.min(held, back) },
          (_unused, index) => 100 + count - Math.min(held, back) + index,
        ),
      )
      if (back > count) expect(missed).toBeNull()
      else expect(missed).toBe(Math.max(0, back - held))
    }),
  )
})
