// What is done to a proxy: requests one after another over some connections, requests at a rate, and streams held open.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { quantile } from '../statistics.mjs'
import { cpuOf } from './processes.mjs'

export const TOKEN = 'bench-token-bench-token-bench-token'
const HEADERS = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` }
const CONNECTIONS = 16

/** The body a plan sends; what the upstream looks for stands at the end. */
export function bodyOf({ model, bytes, stream = false, hold = false }) {
  const content = 'lorem ipsum dolor sit amet '.repeat(Math.ceil(bytes / 27)).slice(0, bytes)
  const metadata = { user_id: hold ? 'hold' : 'pass' }
  return JSON.stringify({ model, max_tokens: 1000, messages: [{ role: 'user', content }], metadata, stream })
}

function poolOf({ url }, connections = CONNECTIONS) {
  return new Pool(url, { connections, headersTimeout: 120_000, bodyTimeout: 120_000 })
}

/** So many requests, each connection asking again when it is answered: CPU microseconds of the proxy and of each request, and requests a second. */
export async function hammer(target, { path, payload, requests }) {
  const pool = poolOf(target)
  const before = cpuOf(target)
  const started = performance.now()
  let left = requests
  const worker = async () => {
    while (left > 0) {
      left -= 1
      const answer = await pool.request({ path, method: 'POST', body: payload, headers: HEADERS })
      if (answer.statusCode !== 200)
        throw new Error(`${path}: ${answer.statusCode} ${await answer.body.text()}`)
      await answer.body.dump({ limit: Infinity })
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  const seconds = (performance.now() - started) / 1000
  const cpuMicroseconds = cpuOf(target) - before
  await pool.close()
  return { cpuPerRequest: cpuMicroseconds / requests, perSecond: requests / seconds }
}

/** Milliseconds to the first byte of an answer's body, of requests that come at a steady rate whether answered or not. */
export async function atRate(target, { path, payload, perSecond, seconds }) {
  const pool = poolOf(target, 64)
  const times = []
  const calls = []
  const started = performance.now()
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const dueMs = (index * 1000) / perSecond - (performance.now() - started)
    if (dueMs > 1) await sleep(dueMs)
    calls.push(timed(pool, { path, payload }).then((time) => times.push(time)))
  }
  await Promise.all(calls)
  await pool.close()
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

async function timed(pool, { path, payload }) {
  const begun = performance.now()
  const answer = await pool.request({ path, method: 'POST', body: payload, headers: HEADERS })
  if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${await answer.body.text()}`)
  let first = null
  answer.body.once('data', () => {
    first = performance.now() - begun
  })
  await once(answer.body, 'end')
  return first
}

/** Opens streams that stay open. `events` counts what came on all of them; `close` waits for their ends. */
export async function openStreams(target, { path, payload, count }) {
  const pool = poolOf(target, count)
  const all = { events: 0, opened: 0 }
  const ends = []
  // Some at a time: what is measured is open streams, not a queue of connections.
  for (let begun = 0; begun < count; begun += 100) {
    const batch = Math.min(100, count - begun)
    for (let index = 0; index < batch; index += 1) ends.push(follow(pool, { path, payload }, all))
    await until(() => all.opened >= begun + batch, `${count} streams to open`)
  }
  return {
    all,
    async close() {
      await Promise.all(ends)
      await pool.close()
    },
  }
}

async function follow(pool, { path, payload }, all) {
  const answer = await pool.request({ path, method: 'POST', body: payload, headers: HEADERS })
  if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${await answer.body.text()}`)
  all.opened += 1
  for await (const chunk of answer.body) {
    for (let at = chunk.indexOf('\n\n'); at !== -1; at = chunk.indexOf('\n\n', at + 2)) all.events += 1
  }
}

export async function until(isSo, what) {
  const deadline = performance.now() + 60_000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited a minute for ${what}`)
    await sleep(10)
  }
}
