import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestHost } from '@agentproxy/plugin-testing'
import type { TestHost } from '@agentproxy/plugin-testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import accessLog from './index.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'access-log-'))
  file = join(folder, 'access.log')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open(config: Record<string, unknown>): Promise<TestHost> {
  return createTestHost({ plugins: [accessLog], config: { 'access-log': config } })
}

async function visit(host: TestHost, exchangeId: string, path = '/v1/messages'): Promise<void> {
  await host.hook('request.received', { exchangeId, path })
  await host.hook('exchange.end', { exchangeId, status: 200 })
}

test('each exchange is one line in the common log format, whole once the plugin has ended', async () => {
  {
    await using host = await open({ file, format: 'common' })
    await visit(host, 'a')
    await visit(host, 'b', '/v1/"\n\u001b[31mé')
    await host.hook('exchange.end', { exchangeId: 'unheard', status: 401 })
  }
  const lines = readFileSync(file, 'utf8').split('\n')
  expect(lines).toHaveLength(4)
  const time = String.raw`\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\]`
  expect(lines[0]).toMatch(new RegExp(`^- - \\S+ ${time} "POST /v1/messages HTTP/1.1" 200 -$`))
  expect(lines[1]).toContain(String.raw`"POST /v1/\x22\x0a\x1b[31m\xc3\xa9 HTTP/1.1"`)
  expect(lines[2]).toMatch(/"-" 401 -$/)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('the structured form is JSON, the combined form has two fields more', async () => {
  {
    await using host = await open({ file, format: 'structured' })
    await visit(host, 'a')
  }
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    exchange: 'a',
    method: 'POST',
    path: '/v1/messages',
    status: 200,
    outcome: 'completed',
  })
  {
    await using host = await open({ file })
    await visit(host, 'a')
  }
  expect(readFileSync(file, 'utf8')).toMatch(/ 200 - "-" "-"\n$/)
})

test('a file that grows is put aside, and the oldest is let go', async () => {
  writeFileSync(file, 'x'.repeat(1000), { mode: 0o644 })
  for (let round = 0; round < 12; round += 1) {
    await using host = await open({ file, format: 'structured', maxBytes: 1024, keep: 2 })
    await visit(host, `round-${round}`)
  }
  const kept = [file, `${file}.1`, `${file}.2`]
  for (const path of kept) expect(statSync(path).size).toBeLessThanOrEqual(1024)
  expect(kept.map((path) => readFileSync(path, 'utf8')).join('')).toContain('round-11')
  expect(() => statSync(`${file}.3`)).toThrow(/ENOENT/)
})

test('a file that cannot be written is told once and harms no request', async () => {
  mkdirSync(file)
  await using host = await open({ file })
  for (const id of ['a', 'b', 'c']) {
    await visit(host, id)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(host.failures).toEqual([])
  expect(host.log.filter(({ level }) => level === 'warn')).toHaveLength(1)
  expect((await host.manager.healthCheck()).plugins['access-log']).toMatchObject({
    status: 'warn',
    details: { lost: 3 },
  })
  rmSync(file, { recursive: true })
  await visit(host, 'd')
  await expect.poll(() => readFileSync(file, 'utf8')).toContain('200')
  expect((await host.manager.healthCheck()).plugins['access-log']).toMatchObject({ status: 'pass' })
})

test('without a file and stderr it listens to nothing', async () => {
  await using host = await createTestHost({ plugins: [accessLog] })
  expect(host.manager.getPlugin('access-log').handlers).toEqual([])
})
