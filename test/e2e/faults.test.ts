import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { ClientRequest, Server } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createBench } from './bench.ts'
import type { Bench } from './bench.ts'

const MIB = 1024 * 1024
const START =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n' +
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
const PIECE = `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${'x'.repeat(16_000)}"}}\n\n`

let bench: Bench
let upstream: Server
beforeEach(async () => {
  bench = await createBench()
  // As fast as it is let, 64 MiB for everyone who asks.
  upstream = createServer((asked, response) => {
    asked.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.on('error', () => {})
    let left = (64 * MIB) / PIECE.length
    const more = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= 1
        if (!response.write(PIECE)) return void response.once('drain', more)
      }
      response.end()
    }
    response.write(START)
    more()
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await bench.dispose()
  upstream.closeAllConnections()
  await new Promise((resolve) => upstream.close(resolve))
})

async function serve(): Promise<{ pid: number; port: number; token: string }> {
  const { port: at } = upstream.address() as AddressInfo
  await bench.write(
    'config/agentproxy/config.yaml',
    `plugins: { provider-anthropic: { baseUrl: 'http://127.0.0.1:${at}', apiKeyEnv: KEY } }\n`,
  )
  const running = bench.start(['serve', '--port', '0', '--json'], { bin: 'agentproxy', env: { KEY: 'k' } })
  const line = await running.line((text) => text.includes('"listening"'))
  const { url } = JSON.parse(line) as { url: string }
  const token = (await bench.command(['token'], { bin: 'agentproxy' })).stdout.trim()
  return { pid: running.child.pid ?? 0, port: Number(new URL(url).port), token }
}

async function rssBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
}

/** Reads nothing of its answer once that has begun. */
function stalled(port: number, token: string): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-api-key': token }
    const asked = request({
      port,
      host: '127.0.0.1',
      path: '/v1/messages',
      method: 'POST',
      headers,
      agent: false,
    })
    asked.on('error', reject)
    asked.on('response', (response) => {
      response.on('error', () => {})
      response.pause()
      resolve(asked)
    })
    asked.end(
      '{"model":"anthropic/m","max_tokens":5,"stream":true,"messages":[{"role":"user","content":"hi"}]}',
    )
  })
}

async function settledRss(pid: number): Promise<number> {
  let last = await rssBytes(pid)
  for (let look = 0; look < 8; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300))
    const now = await rssBytes(pid)
    if (Math.abs(now - last) < MIB) return now
    last = now
  }
  return last
}

test.skipIf(process.platform !== 'linux')(
  'F24: clients that do not read cost less than a mebibyte each, and their upstreams wait',
  async () => {
    const { pid, port, token } = await serve()
    // What every process needs once is there when the counting begins.
    for (let warm = 0; warm < 5; warm += 1) (await stalled(port, token)).destroy()
    const before = await settledRss(pid)
    const clients = await Promise.all(Array.from({ length: 60 }, () => stalled(port, token)))
    const growth = (await settledRss(pid)) - before
    expect(growth / clients.length).toBeLessThan(MIB)
    for (const client of clients) client.destroy()
    const healthy = await fetch(`http://127.0.0.1:${port}/livez`)
    expect(healthy.status).toBe(200)
  },
  60_000,
)

test.skipIf(process.platform !== 'linux')(
  'F41: out of file descriptors it waits, and serves again when there are some',
  async ({ skip }) => {
    const { pid, port } = await serve()
    const open = (await import('node:fs')).readdirSync(`/proc/${pid}/fd`).length
    try {
      await promisify(execFile)('prlimit', ['--pid', String(pid), `--nofile=${open + 8}:${open + 8}`])
    } catch {
      skip('prlimit is not installed')
    }
    const sockets = Array.from({ length: 40 }, (): Socket => connect(port, '127.0.0.1').on('error', () => {}))
    await new Promise((resolve) => setTimeout(resolve, 500))
    const cpuBefore = await cpuTicks(pid)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    // A loop over accept() that fails would take the whole second.
    expect((await cpuTicks(pid)) - cpuBefore).toBeLessThan(50)
    for (const socket of sockets) socket.destroy()
    await expect
      .poll(
        () =>
          fetch(`http://127.0.0.1:${port}/livez`).then(
            (answer) => answer.status,
            () => 0,
          ),
        { timeout: 10_000 },
      )
      .toBe(200)
  },
  60_000,
)

/** Hundredths of a second that the process has computed. */
async function cpuTicks(pid: number): Promise<number> {
  const stat = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.split(' ') ?? []
  return Number(stat[11]) + Number(stat[12])
}
