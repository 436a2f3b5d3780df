// The gateway against a bare undici proxy, side by side: CPU per request of the proxying process, and requests per second.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { median } from './statistics.mjs'

const TOKEN = 'bench-token-bench-token-bench-token'
const filler = (bytes) => 'lorem ipsum dolor sit amet '.repeat(Math.ceil(bytes / 27)).slice(0, bytes)
const body = (bytes, stream, model) =>
  JSON.stringify({ model, max_tokens: 1000, stream, messages: [{ role: 'user', content: filler(bytes) }] })

const scenarios = [
  {
    scenario: 'passthrough JSON, 1 KB',
    path: '/v1/messages',
    bytes: 1_000,
    requests: 1500,
    stream: false,
    model: 'bench/bench',
  },
  {
    scenario: 'passthrough JSON, 100 KB',
    path: '/v1/messages',
    bytes: 100_000,
    requests: 500,
    stream: false,
    model: 'bench/bench',
  },
  {
    scenario: 'passthrough stream, 100 events',
    path: '/v1/messages',
    bytes: 1_000,
    requests: 60,
    stream: true,
    model: 'bench/bench',
  },
  {
    scenario: 'translated JSON, 1 KB',
    path: '/v1/chat/completions',
    bytes: 1_000,
    requests: 1000,
    stream: false,
    model: 'bench-anthropic/bench',
  },
  {
    scenario: 'translated JSON, 100 KB',
    path: '/v1/chat/completions',
    bytes: 100_000,
    requests: 200,
    stream: false,
    model: 'bench-anthropic/bench',
  },
  {
    scenario: 'translated stream, 100 events',
    path: '/v1/chat/completions',
    bytes: 1_000,
    requests: 60,
    stream: true,
    model: 'bench-anthropic/bench',
  },
]

export async function measure({ quick }) {
  const rounds = quick ? 3 : 7
  const upstream = await start('upstream.mjs', [])
  const bare = await start('bare-proxy.mjs', [upstream.url])
  const gateway = await start('gateway.mjs', [upstream.url, TOKEN])
  const results = []
  try {
    for (const plan of scenarios) {
      const samples = { bare: [], gateway: [] }
      await load(bare, plan, 0.2)
      await load(gateway, plan, 0.2)
      for (let round = 0; round < rounds; round += 1) {
        samples.bare.push(await load(bare, plan, 1))
        samples.gateway.push(await load(gateway, plan, 1))
      }
      const reference = median(samples.bare.map((sample) => sample.cpuPerRequest))
      const ours = median(samples.gateway.map((sample) => sample.cpuPerRequest))
      const rate =
        median(samples.gateway.map((sample) => sample.perSecond)) /
        median(samples.bare.map((sample) => sample.perSecond))
      results.push({
        scenario: plan.scenario,
        ratio: ours / reference,
        detail: `${ours.toFixed(0)} us CPU a request, bare proxy ${reference.toFixed(0)} us; throughput ${rate.toFixed(2)}x`,
      })
    }
  } finally {
    for (const child of [upstream, bare, gateway]) child.process.disconnect()
  }
  return results
}

async function start(file, args) {
  const child = fork(fileURLToPath(new URL(`proxy/${file}`, import.meta.url)), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const { url } = await nextMessage(child)
  return { process: child, url }
}

/** The child's next message; an early end of the child is an error. */
function nextMessage(child) {
  return new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`a benchmark process ended with ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}

async function cpuOf(child) {
  child.process.send('cpu')
  return (await nextMessage(child.process)).cpuMicroseconds
}

async function load(target, plan, share) {
  const pool = new Pool(target.url, { connections: 16 })
  const payload = body(plan.bytes, plan.stream, plan.model)
  const requests = Math.max(16, Math.round(plan.requests * share))
  const before = await cpuOf(target)
  const started = performance.now()
  let left = requests
  const worker = async () => {
    while (left > 0) {
      left -= 1
      const answer = await pool.request({
        path: plan.path,
        method: 'POST',
        body: payload,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      })
      if (answer.statusCode !== 200)
        throw new Error(`${plan.scenario}: ${answer.statusCode} ${await answer.body.text()}`)
      await answer.body.dump({ limit: 16 * 1024 * 1024 })
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  const seconds = (performance.now() - started) / 1000
  const cpu = (await cpuOf(target)) - before
  await pool.close()
  return { cpuPerRequest: cpu / requests, perSecond: requests / seconds }
}
