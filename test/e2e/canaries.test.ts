import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench } from './bench.ts'

const VENDOR_KEY = 'sk-ant-canary-7f3a91c2d4e8'
const OWNER_TOKEN = 'owner-canary-5b6c7d8e9f0a1b2c'
const env = { ANTHROPIC_API_KEY: VENDOR_KEY, AGENTPROXY_TOKEN: OWNER_TOKEN }

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

/** Every spelling in which a secret could have been written down. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('hex'),
    encodeURIComponent(secret),
  ]
}

function expectClean(where: string, text: string): void {
  const found = [VENDOR_KEY, OWNER_TOKEN].flatMap(spellings).filter((secret) => text.includes(secret))
  expect(found, where).toEqual([])
}

/** Everything under a folder, with its name. */
async function filesOf(folder: string): Promise<readonly (readonly [file: string, text: string])[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')] as const))
}

test('a server with every log on lets out neither its own token nor a vendor’s key', async () => {
  // An upstream that repeats the key it is given wherever it can.
  const upstream = createServer((request, response) => {
    const key = String(request.headers['x-api-key'])
    response.writeHead(401, { 'content-type': 'application/json', 'request-id': 'r', 'x-echo': key })
    response.end(
      JSON.stringify({ type: 'error', error: { type: 'authentication_error', message: `bad ${key}` } }),
    )
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const { port } = upstream.address() as AddressInfo
  const config = await bench.write(
    'config.json',
    JSON.stringify({
      plugins: {
        'provider-anthropic': { baseUrl: `http://127.0.0.1:${port}` },
        'access-log': { file: join(bench.home, 'access.log') },
        'raw-http-log': { folder: join(bench.home, 'raw') },
        'cache-responses': {},
        events: {},
      },
    }),
  )
  const recordings = join(bench.home, 'recordings')
  const args = ['serve', '--port', '0', '--json', '--config', config, '--record', recordings]
  const running = bench.start(args, { bin: 'agentproxy', env })
  const line = await running.line((text) => text.includes('"listening"'))
  const { url } = JSON.parse(line) as { url: string }
  const headers = { 'content-type': 'application/json', 'x-api-key': OWNER_TOKEN }
  const body = JSON.stringify({ model: 'anthropic/claude-x', max_tokens: 5, messages: [] })
  const asked: readonly (readonly [path: string, init: RequestInit])[] = [
    ['/v1/messages', { method: 'POST', headers, body }],
    ['/v1/chat/completions', { method: 'POST', headers, body }],
    [`/v1/models?key=${OWNER_TOKEN}`, {}],
    ['/v1/models', { headers: { authorization: `Bearer ${OWNER_TOKEN}x` } }],
    ...['/health', '/plugins', '/plugins/status', '/plugins/raw-http-log/health', '/tools', '/nowhere'].map(
      (path) => [path, { headers }] as const,
    ),
    ['/tools/events.list', { method: 'POST', headers }],
  ]
  for (const [path, init] of asked) {
    const answer = await fetch(url + path, init)
    const said = `${JSON.stringify([...answer.headers])}\n${await answer.text()}`
    expectClean(`the answer to ${path}`, said)
  }
  if (process.platform === 'linux')
    expectClean('its command line', readFileSync(`/proc/${running.child.pid}/cmdline`, 'latin1'))
  running.child.kill('SIGTERM')
  const { stdout, stderr } = await running.done
  upstream.close()
  expectClean('what it printed', stdout + stderr)
  const shown = await bench.command(['config', 'show', '--origin', '--config', config], {
    bin: 'agentproxy',
    env,
  })
  expectClean('config show', shown.stdout + shown.stderr)
  const files = await filesOf(bench.home)
  expect(files.some(([file]) => file.includes('recordings'))).toBe(true)
  expect(files.some(([file]) => file.includes('/raw/'))).toBe(true)
  for (const [file, text] of files) expectClean(file, text)
})

test('a task leaves no token in its session, its log or its words', async () => {
  const task = [
    'make the failing test pass',
    '-d',
    bench.project,
    '--model',
    'simulator/fix',
    '--check',
    'npm test',
  ]
  const { code, stdout, stderr } = await bench.command([...task, '--json'], { env })
  expect(code, stderr).toBe(0)
  const files = await filesOf(bench.home)
  expect(files.some(([file]) => file.includes('sessions'))).toBe(true)
  for (const [file, text] of [...files, ['what it printed', stdout + stderr] as const]) {
    expectClean(file, text)
    expect(text.match(/ap-task-[\w-]{8,}/), file).toBeNull()
  }
})
