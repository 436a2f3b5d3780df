import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePlugin } from '@agentproxy/plugin'
import { createTestHost } from '@agentproxy/plugin-testing'
import type { TestHost } from '@agentproxy/plugin-testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import rawHttpLog from './index.ts'

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'raw-http-log-'))
  folder = join(root, 'log')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const served = definePlugin({
  name: 'served',
  version: '1.0.0',
  setup(ctx) {
    ctx.route('POST', '/echo', async (request) => new Response(await request.text()))
    ctx.route('GET', '/slow', () => {
      const beats = new ReadableStream<Uint8Array>({
        async pull(controller) {
          controller.enqueue(Buffer.from('beat\n'))
          await new Promise((resolve) => setTimeout(resolve, 5))
        },
      })
      return new Response(beats)
    })
  },
})

const open = (config = {}): Promise<TestHost> =>
  createTestHost({ plugins: [rawHttpLog, served], config: { 'raw-http-log': { folder, ...config } } })

function records(): Record<string, unknown>[] {
  return readdirSync(folder)
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>)
}

test('a request and its answer are one file, closed to others, without secrets', async () => {
  {
    await using host = await open()
    const answer = await host.request('/served/echo?key=REDACT1', {
      method: 'POST',
      body: 'Bearer REDACT0123456789',
      headers: { 'x-api-key': 'REDACT2', cookie: 'REDACT3' },
    })
    expect(await answer.text()).toBe('Bearer REDACT0123456789')
  }
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  const [name = ''] = readdirSync(folder)
  expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(folder, name), 'utf8')).not.toContain('REDACT')
  expect(records()).toMatchObject([
    {
      request: { method: 'POST', body: { text: 'Bearer [redacted]', bytes: 23, ended: 'whole' } },
      response: { status: 200, body: { text: 'Bearer [redacted]', ended: 'whole' } },
      upstream: null,
    },
  ])
})

test('a stream goes by as it comes, is cut in the log, and its end is told', async () => {
  {
    await using host = await open({ maxBodyBytes: 12 })
    const { body } = await host.request('/served/slow')
    const reader = body?.getReader()
    for (let beat = 0; beat < 4; beat += 1)
      expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('beat\n')
    await reader?.cancel()
  }
  expect(records()).toMatchObject([
    { response: { body: { text: 'beat\nbeat\n', bytes: 20, droppedBytes: 8, ended: 'cancelled' } } },
  ])
})

test('the oldest of its own files go when the folder is full', async () => {
  {
    await using host = await open({ maxFolderBytes: 4096 })
    for (let index = 0; index < 8; index += 1)
      await (await host.request('/served/echo', { method: 'POST', body: 'x'.repeat(900) })).text()
    await expect.poll(() => readdirSync(folder).length).toBeLessThan(4)
  }
  writeFileSync(join(folder, 'not-ours.json'), 'x'.repeat(9000))
  {
    await using host = await open({ maxFolderBytes: 1024 })
    await (await host.request('/served/echo', { method: 'POST', body: 'x' })).text()
  }
  expect(readdirSync(folder)).toContain('not-ours.json')
  expect(readdirSync(folder).length).toBe(2)
})

test('a folder that cannot be made harms no request and is told once', async () => {
  writeFileSync(folder, 'a file')
  await using host = await open()
  for (let index = 0; index < 3; index += 1) {
    const answer = await host.request('/served/echo', { method: 'POST', body: 'x' })
    expect(await answer.text()).toBe('x')
  }
  await expect.poll(() => host.log.filter(({ level }) => level === 'warn')).toHaveLength(1)
  await expect
    .poll(async () => (await host.manager.healthCheck()).plugins['raw-http-log']?.status)
    .toBe('warn')
})
