// `node bench/soak.mjs [--minutes 60] [--rate 200] [--streams 50]`: `agentproxy serve` with the simulator under steady load, a
// plugin reloaded every ten seconds. Exits with 1 if a request fails, or if memory, files or handles grow.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { build, ensureInstalled } from '../scripts/setup.mjs'
import { median, trend } from './statistics.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '200' },
    streams: { type: 'string', default: '50' },
  },
})
const [minutes, rate, streams] = [values.minutes, values.rate, values.streams].map(Number)
if (
  !(minutes >= 1 && minutes <= 24 * 60) ||
  !(rate >= 1 && rate <= 2_000) ||
  !(streams >= 0 && streams <= 2_000)
) {
  console.error('--minutes takes 1 to 1440, --rate 1 to 2000, --streams 0 to 2000')
  process.exit(2)
}

const TOKEN = 'soak-token-soak-token-soak-token-soak'
const RELOAD_MS = 10_000
/** With more requests waiting than this the machine does not keep up; more would only wait longer. */
const MOST_WAITING = 500
/** Growth beyond this is a leak: an hour of it is 6 MB. */
const MOST_MB_PER_10_MINUTES = 1
/** Connections come and go with the load; a leak goes on. */
const MORE_BY_CHANCE = 20

const SCENARIO = `name: Soak
description: Says something, slowly where it is asked to.
steps:
  - when: { text: 'slowly' }
    then:
      - text: '[simulated] The first half of an answer,'
      - delayMs: 3000
      - text: ' and the second half of it.'
  - then:
      - text: '[simulated] A short answer that is the same each time.'
`

const PLUGIN = `export default {
  name: 'soak',
  version: '1.0.0',
  prefix: '/soak',
  setup(ctx) {
    let seen = 0
    ctx.hook('request.received', () => void (seen += 1))
    ctx.hook('exchange.end', () => void (seen += 1))
    ctx.route(
      'GET',
      '/process',
      () => {
        globalThis.gc()
        return Response.json({ handles: process.getActiveResourcesInfo().length })
      },
      { access: 'owner' },
    )
  },
}
`

ensureInstalled()
if (build() !== 0) process.exit(1)
const home = mkdtempSync(join(tmpdir(), 'agentproxy-soak-'))
const failures = []
let asked = 0
let leftOut = 0
try {
  const server = await startServer()
  try {
    process.exitCode = report(await soak(server))
  } finally {
    await server.end()
  }
} finally {
  rmSync(home, { recursive: true, force: true })
}

async function startServer() {
  for (const folder of ['scenarios', 'plugins', 'state']) mkdirSync(join(home, folder), { mode: 0o700 })
  writeFileSync(join(home, 'scenarios', 'soak.yaml'), SCENARIO)
  writeFileSync(join(home, 'plugins', 'soak.mjs'), PLUGIN, { mode: 0o600 })
  const config = { plugins: { 'provider-simulator': { scenarios: [join(home, 'scenarios')] } } }
  writeFileSync(join(home, 'config.json'), JSON.stringify(config))
  const program = fileURLToPath(new URL('../packages/cli/bin/agentproxy.js', import.meta.url))
  const args = ['serve', '--port', '0', '--json', '--no-watch', '--config', join(home, 'config.json')]
  const child = spawn(process.execPath, ['--expose-gc', program, ...args], {
    cwd: home,
    env: {
      ...process.env,
      AGENTPROXY_HOME: join(home, 'state'),
      AGENTPROXY_PLUGINS_DIR: join(home, 'plugins'),
      AGENTPROXY_TOKEN: TOKEN,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const lines = createInterface({ input: child.stdout })
  const url = await new Promise((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line).url))
    void ended.then((code) => reject(new Error(`agentproxy serve ended with ${code}`)))
  })
  return {
    url,
    pid: child.pid,
    async end() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function soak({ url, pid }) {
  const pool = new Pool(url, { connections: 64 + streams, headersTimeout: 60_000, bodyTimeout: 60_000 })
  // Whoever watches must not wait in the line of those who load.
  const watch = new Pool(url, { connections: 2 })
  const deadline = performance.now() + minutes * 60_000
  const samples = []
  const running = [
    ...Array.from({ length: streams }, () => streamUntil(pool, deadline)),
    requestsUntil(pool, deadline),
    reloadsUntil(watch, deadline),
  ]
  const everyMs = Math.max(2_000, (minutes * 60_000) / 600)
  while (performance.now() < deadline) {
    await sleep(everyMs)
    const found = await getJson(watch, '/soak/process')
    if (found !== null)
      samples.push({
        at: performance.now(),
        fds: readdirSync(`/proc/${pid}/fd`).length,
        rss: rssOf(pid),
        handles: found.handles,
      })
    if (samples.length % 10 === 0 && found !== null) console.log(say(samples.at(-1)))
  }
  await Promise.all(running)
  await Promise.all([pool.close(), watch.close()])
  return samples
}

async function requestsUntil(pool, deadline) {
  const started = performance.now()
  const open = new Set()
  for (let index = 0; performance.now() < deadline; index += 1) {
    const dueMs = (index * 1000) / rate - (performance.now() - started)
    if (dueMs > 1) await sleep(dueMs)
    if (open.size >= MOST_WAITING) {
      leftOut += 1
      continue
    }
    const call = ask(pool, { kind: index % 4, text: 'hi' }).finally(() => open.delete(call))
    open.add(call)
  }
  await Promise.all(open)
}

async function streamUntil(pool, deadline) {
  await sleep(Math.random() * 3_000)
  while (performance.now() < deadline) await ask(pool, { kind: 3, text: 'slowly' })
}

async function reloadsUntil(pool, deadline) {
  while (performance.now() < deadline) {
    await sleep(Math.min(RELOAD_MS, Math.max(0, deadline - performance.now())))
    await getJson(pool, '/plugins/soak/reload', 'POST')
  }
}

/** A whole answer in two formats, a short stream, and a stream in another format. */
async function ask(pool, { kind, text }) {
  asked += 1
  const stream = kind >= 2
  const isChat = kind === 1 || kind === 3
  const messages = [{ role: 'user', content: text }]
  try {
    const answer = await pool.request({
      path: isChat ? '/v1/chat/completions' : '/v1/messages',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ model: 'simulator/soak', max_tokens: 100, stream, messages }),
    })
    const said = await answer.body.text()
    const end = isChat ? '[DONE]' : 'message_stop'
    if (answer.statusCode !== 200 || (stream ? !said.includes(end) : !said.includes('[simulated]')))
      failures.push(`${answer.statusCode} ${said.slice(0, 200)}`)
  } catch (error) {
    failures.push(String(error))
  }
}

async function getJson(pool, path, method = 'GET') {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
  const { statusCode, body } = await pool.request({
    path,
    method,
    headers,
    ...(method === 'POST' && { body: '{}' }),
  })
  const text = await body.text()
  if (statusCode === 200) return JSON.parse(text)
  failures.push(`${method} ${path}: ${statusCode} ${text.slice(0, 200)}`)
  return null
}

/** 0 = nothing grew and nothing failed. */
function report(samples) {
  // Until the compiler and the caches have settled, memory grows by right.
  const settled = samples.slice(Math.floor(samples.length / 3))
  const slow = leftOut === 0 ? '' : `; ${leftOut} left out, the machine did not keep up`
  console.log(`${asked} requests, ${failures.length} failed${slow}`)
  for (const failure of failures.slice(0, 5)) console.log(`  ${failure}`)
  if (settled.length < 8) {
    console.log(`only ${samples.length} samples: too few to say anything`)
    return 1
  }
  const { slope, error } = trend(settled.map(({ at, rss }) => [at / 600_000, rss / 1e6]))
  const [first, last] = [settled.slice(0, settled.length / 4), settled.slice(-settled.length / 4)]
  const grown = (what) => median(last.map((one) => one[what])) - median(first.map((one) => one[what]))
  console.log(`memory: ${slope.toFixed(2)} MB in 10 minutes, give or take ${(2 * error).toFixed(2)}`)
  console.log(`open files: ${grown('fds')} more at the end; handles: ${grown('handles')} more`)
  // In a short run chance alone tilts the line: what counts is what is surely above the limit.
  const leaks = slope - 2 * error > MOST_MB_PER_10_MINUTES
  const isBad =
    failures.length > 0 || leaks || grown('fds') > MORE_BY_CHANCE || grown('handles') > MORE_BY_CHANCE
  console.log(isBad ? 'NOT WELL' : 'well')
  return isBad ? 1 : 0
}

function rssOf(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}

function say({ rss, fds, handles }) {
  return `${(rss / 1e6).toFixed(1)} MB, ${fds} open files, ${handles} handles, ${asked} requests, ${failures.length} failed`
}
