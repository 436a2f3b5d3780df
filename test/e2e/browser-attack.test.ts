import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium } from '../../packages/supervisor/src/gate/perform/find-chromium.ts'
import type { Bench } from './bench.ts'
import { createBench } from './bench.ts'

// A page of an attacker in a real browser, on this machine's own addresses: what it can make the browser send must not be
// executed, and nothing of it may be read.

const executablePath = await findChromium(process.env)

interface Route {
  readonly method: string
  readonly path: string
}

/** What the page could read or make happen. */
interface Loot {
  /** Answers whose status or text it saw. */
  readonly readable: readonly string[]
  readonly events: number
  readonly sockets: number
  readonly scripts: number
  readonly images: number
}

let bench: Bench
let browser: Browser
let url = ''
let token = ''
let routes: readonly Route[] = []
const servers: Server[] = []
const upstreamSaw: string[] = []
/** Every address the browser asked for. */
const addresses: string[] = []

async function listen(handle: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(handle).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

const owner = (): Record<string, string> => ({ authorization: `Bearer ${token}` })

beforeAll(async () => {
  if (executablePath === null) return
  bench = await createBench()
  const upstream = await listen((request, response) => {
    upstreamSaw.push(`${request.method} ${request.url}`)
    response.setHeader('content-type', 'application/json').end('{"choices":[],"data":[]}')
  })
  await bench.write(
    'config/agentproxy/config.yaml',
    `plugins:
  provider-openai:
    servers: [{ name: up, baseUrl: "http://127.0.0.1:${upstream}/v1", apiKeyEnv: null, models: [m] }]
models: { m: up/m }
`,
  )
  const running = bench.start(['serve', '--port', '0', '--json'], { bin: 'agentproxy' })
  const line = await running.line((text) => text.includes('"listening"'))
  ;({ url } = JSON.parse(line) as { url: string })
  token = (await bench.command(['token'], { bin: 'agentproxy' })).stdout.trim()
  const document = (await (await fetch(`${url}/openapi.json`, { headers: owner() })).json()) as {
    paths: Record<string, Record<string, unknown>>
  }
  routes = Object.entries(document.paths).flatMap(([template, item]) =>
    Object.keys(item).map((method) => ({
      method: method.toUpperCase(),
      path: template.replace('{provider}', 'up').replaceAll(/\{\w+\}/g, 'provider-openai'),
    })),
  )
  browser = await chromium.launch({
    executablePath,
    args: [
      '--host-resolver-rules=MAP evil.test 127.0.0.1',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  })
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await bench?.dispose()
  for (const server of servers) server.close()
})

async function open(address: string): Promise<Page> {
  const page = await browser.newPage()
  page.on('request', (request) => addresses.push(request.url()))
  await page.goto(address)
  return page
}

const attackerPage = async () => {
  const script = await readFile(new URL('attack-page.js', import.meta.url), 'utf8')
  const page = `<!doctype html><title>x</title><script>${script}</script><body>`
  return listen((_request, response) => void response.setHeader('content-type', 'text/html').end(page))
}

const attack = (page: Page, base: string, all: readonly Route[]): Promise<Loot> =>
  page.evaluate(`attack(${JSON.stringify({ base, all })})`)

const NOTHING: Loot = { readable: [], events: 0, sockets: 0, scripts: 0, images: 0 }

/** What the owner sees: no plugin was switched, no exchange begun, no tool run. */
async function stateOf(): Promise<unknown> {
  const [plugins, metrics] = await Promise.all(
    ['/plugins', '/metrics'].map(async (path) => (await fetch(url + path, { headers: owner() })).text()),
  )
  return [
    plugins,
    metrics?.split('\n').filter((line) => /^agentproxy_(?:gateway_exchanges|plugin_calls)/.test(line)),
  ]
}

describe.skipIf(executablePath === null)(
  'in Chromium (CHROMIUM_BIN, or found by PATH) an attacker’s page',
  () => {
    test('would be caught: the same attack on a server that lets it in brings it something', async () => {
      const seen: string[] = []
      const lax = await listen((request, response) => {
        seen.push(`${request.method} ${request.headers['content-type'] ?? ''}`)
        response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', '*')
        response.setHeader('content-type', 'text/javascript').end('')
      })
      const page = await open(`http://127.0.0.1:${await attackerPage()}/`)
      const all = [
        { method: 'GET', path: '/a' },
        { method: 'POST', path: '/b' },
      ]
      const loot = await attack(page, `http://127.0.0.1:${lax}`, all)
      expect(loot.readable.length).toBeGreaterThan(0)
      expect(loot.scripts).toBe(1)
      expect(seen).toContain('POST application/json')
      expect(seen).toContain('POST text/plain')
      await page.close()
    })

    test.each(['127.0.0.1', 'evil.test'])(
      'of %s on another port reads nothing and makes nothing happen, by whatever it sends to any route',
      async (host) => {
        expect(routes.length).toBeGreaterThan(40)
        const before = await stateOf()
        const attacker = `http://${host}:${await attackerPage()}/`
        const page = await open(attacker)
        expect(await attack(page, url, routes)).toEqual(NOTHING)
        await page.close()
        for (const path of ['/plugins', '/v1/models', '/events']) {
          const leaving = await open(attacker)
          const answered = leaving.waitForResponse((response) => response.url() === url + path)
          await leaving.evaluate(`void (location.href = ${JSON.stringify(url + path)})`)
          expect((await answered).status()).toBe(403)
          await leaving.close()
        }
        expect(await stateOf()).toEqual(before)
        expect(upstreamSaw).toEqual([])
      },
      120_000,
    )

    test('whose name was rebound to this machine is refused on every route, even with the token', async () => {
      const { port } = new URL(url)
      const page = await open(`http://evil.test:${port}/`)
      const statuses = await page.evaluate(
        async ({ all, secret }) => {
          const answers = all.map(async ({ method, path }) => {
            const sent = method === 'GET' || method === 'HEAD' ? {} : { body: '{"model":"m","messages":[]}' }
            const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
            return (await fetch(path, { ...sent, method, headers })).status
          })
          return Promise.all(answers)
        },
        { all: routes, secret: token },
      )
      expect(new Set(statuses)).toEqual(new Set([403]))
      await page.close()
      expect(upstreamSaw).toEqual([])
    })

    test('never learns the token from an address, while the owner’s own calls work', async () => {
      expect(addresses.length).toBeGreaterThan(100)
      expect(addresses.filter((address) => address.includes(token))).toEqual([])
      const answer = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { ...owner(), 'content-type': 'application/json' },
        body: '{"model":"m","messages":[]}',
      })
      await answer.text()
      expect([answer.status, upstreamSaw.length]).toEqual([200, 1])
    })
  },
)
