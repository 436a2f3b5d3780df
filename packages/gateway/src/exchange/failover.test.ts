import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { AccountStatus } from '../accounts/account-book.ts'
import { cut, json, sse } from '../testing/scripted-upstream.ts'
import type { Script } from '../testing/scripted-upstream.ts'
import { KEYS, startPool } from '../testing/start-pool.ts'
import type { Pool, PoolOptions } from '../testing/start-pool.ts'
import { CANARY, OWNER_TOKEN } from '../testing/test-gateway.ts'
import {
  anthropicErrorEvent,
  anthropicHead,
  anthropicJson,
  anthropicSse,
  openaiJson,
} from '../testing/vendor-answers.ts'

let pool: Pool
afterEach(async () => {
  // Whatever was done to it, the gateway serves the next request, tells one end for each exchange and holds no account.
  pool.gw.upstream.script = json(anthropicJson)
  expect((await pool.ask({ model: 'ant/ant-model' })).status).toBe(200)
  await expect.poll(() => pool.gw.gateway.accounts().every(({ inFlight }) => inFlight === 0)).toBe(true)
  const ids = pool.gw.ends.map(({ exchangeId }) => exchangeId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(JSON.stringify([pool.gw.ends, pool.calls, pool.gw.gateway.accounts()])).not.toContain(CANARY)
  await pool.close()
})

async function start(options?: PoolOptions): Promise<void> {
  pool = await startPool({ ...options, routing: { retries: { max: 1 }, ...options?.routing } })
}

const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded, whole text.' } }
const preamble = anthropicHead.slice(0, anthropicHead.indexOf('event: content_block_delta'))
const silent: Script = () => {}
function begin(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(text)
}

/** Faults before the commit point, each with the reason it is known by. */
const FAULTS: readonly (readonly [what: string, script: Script, reason: string])[] = [
  ['a reset before the headers', (response) => response.socket?.resetAndDestroy(), 'connection_lost'],
  ['a reset after the headers', cut(''), 'connection_lost'],
  ['a reset in mid-stream before content', cut(preamble), 'connection_lost'],
  ['a clean end before content', sse(preamble), 'truncated'],
  ['an error event before content', sse(preamble + anthropicErrorEvent), 'upstream_error'],
  ['529', json(overloaded, 529), 'upstream_status_529'],
  ['500', json(overloaded, 500), 'upstream_status_500'],
  ['429', json(overloaded, 429, { 'retry-after': '30' }), 'upstream_status_429'],
  ['401', json(overloaded, 401), 'upstream_status_401'],
  ['a redirect', json({}, 302, { location: 'http://127.0.0.1:1/' }), 'bad_answer'],
  ['a slow first byte', silent, 'first_byte_timeout'],
  ['a slow first token', (response) => begin(response, preamble), 'first_token_timeout'],
]

describe('the client sees nothing of', () => {
  test.each(FAULTS)('%s', async (_what, script, reason) => {
    await start({ routing: { timeouts: { firstByteMs: 300, firstTokenMs: 1_500 } } })
    pool.first.script = script
    pool.second.script = sse(anthropicSse)
    const answer = await pool.ask({ stream: true })
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe(anthropicSse)
    expect(await pool.gw.ended(1)).toMatchObject([
      {
        outcome: 'completed',
        reason: 'ok',
        provider: 'two',
        attempts: [
          { provider: 'one', account: 'default', reason },
          { provider: 'two', reason: 'ok' },
        ],
      },
    ])
    expect(pool.calls.map(({ attempt, provider }) => [attempt, provider])).toEqual([
      [1, 'one'],
      [2, 'two'],
    ])
    expect(pool.first.seen[0]?.body).toEqual(pool.second.seen[0]?.body)
    await pool.first.seen[0]?.closed
  })

  test('a refused connection', async () => {
    await start()
    pool.second.script = json(anthropicJson)
    expect((await pool.ask({ model: 'refused' })).status).toBe(200)
    expect(pool.gw.ends).toMatchObject([{ attempts: [{ reason: 'connect_failed' }, { reason: 'ok' }] }])
  })

  test('half a JSON answer, and of an upstream of another format taking over', async () => {
    await start({ secondFormat: 'openai-chat' })
    pool.first.script = cut('{"id":', 'application/json')
    pool.second.script = json(openaiJson)
    const answer = await pool.ask()
    expect(await answer.json()).toMatchObject({
      type: 'message',
      model: 'pool',
      content: [{ text: 'Hello there' }],
    })
    expect(pool.gw.ends).toMatchObject([{ provider: 'two', upstreamFormat: 'openai-chat' }])
  })
})

test('after the first content a broken stream is an honest error, and nobody takes over', async () => {
  await start()
  pool.first.script = cut(anthropicHead)
  const answer = await pool.ask({ stream: true })
  const text: string[] = []
  const decoder = new TextDecoder()
  const broke = await (async () => {
    for await (const chunk of answer.body ?? []) text.push(decoder.decode(chunk))
  })().then(
    () => false,
    () => true,
  )
  expect(broke).toBe(true)
  expect(text.join('')).toContain('event: error')
  expect(text.join('')).not.toContain('message_stop')
  expect(pool.second.seen).toHaveLength(0)
  expect(pool.gw.ends).toMatchObject([{ outcome: 'failed', reason: 'connection_lost', attempts: [{}] }])
})

test('with the commit point at the end even a stream with content is replaced', async () => {
  await start({ routing: { commit: 'whole' } })
  pool.first.script = cut(anthropicHead)
  pool.second.script = sse(anthropicSse)
  expect(await (await pool.ask({ stream: true })).text()).toBe(anthropicSse)
})

test('with the commit point after some bytes a stream is replaced until they are there', async () => {
  await start({ routing: { commit: { bytes: anthropicHead.length + 1 } } })
  pool.first.script = cut(anthropicHead)
  pool.second.script = sse(anthropicSse)
  expect(await (await pool.ask({ stream: true })).text()).toBe(anthropicSse)
})

test('with the commit point at the first byte nobody takes over once it is there', async () => {
  await start({ routing: { commit: 'first-byte' } })
  pool.first.script = cut(preamble)
  await expect((await pool.ask({ stream: true })).text()).rejects.toThrow()
  expect(pool.second.seen).toHaveLength(0)
})

test('529 and then success: the same upstream is asked again, with the same bytes', async () => {
  await start()
  pool.first.script = (response, request) =>
    (pool.first.seen.length === 1 ? json(overloaded, 529) : json(anthropicJson))(response, request)
  expect((await pool.ask({ model: 'alone' })).status).toBe(200)
  expect(pool.first.seen).toHaveLength(2)
  expect(pool.first.seen[0]?.body).toEqual(pool.first.seen[1]?.body)
})

test('Retry-After is waited for where there is nobody else, and is told where it is too long', async () => {
  await start()
  pool.first.script = (response, request) =>
    (pool.first.seen.length === 1 ? json(overloaded, 429, { 'retry-after': '1' }) : json(anthropicJson))(
      response,
      request,
    )
  const begun = performance.now()
  expect((await pool.ask({ model: 'alone' })).status).toBe(200)
  expect(performance.now() - begun).toBeGreaterThan(900)
  pool.first.script = json(overloaded, 429, { 'retry-after': '3600' })
  expect((await pool.ask({ model: 'alone' })).status).toBe(429)
  const seen = pool.first.seen.length
  const told = await pool.ask({ model: 'alone' })
  expect(told.status).toBe(429)
  expect(Number(told.headers.get('retry-after'))).toBeGreaterThan(3_500)
  expect(await told.text()).toContain('has reached its limit')
  expect(pool.first.seen).toHaveLength(seen)
  expect(pool.gw.gateway.accounts()).toContainEqual(
    expect.objectContaining({
      provider: 'one',
      models: [expect.objectContaining({ model: 'm', state: 'cooling' })],
    }),
  )
})

test('what no upstream would do better is not tried again', async () => {
  await start()
  for (const status of [400, 404, 413, 422]) {
    pool.first.script = json(overloaded, status)
    expect((await pool.ask()).status).toBe(status)
  }
  expect(pool.first.seen).toHaveLength(4)
  expect(pool.second.seen).toHaveLength(0)
})

test('with all candidates down the last error comes in the client’s dialect, the upstream’s text whole', async () => {
  await start({ secondFormat: 'openai-chat', routing: { retries: { max: 0 } } })
  pool.first.script = json(overloaded, 503)
  const words = 'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000'
  pool.second.script = json({ error: { message: words, type: 'server_error' } }, 500)
  const answer = await pool.ask()
  expect(answer.status).toBe(500)
  expect(await answer.json()).toMatchObject({ type: 'error', error: { message: words } })
  expect(pool.gw.ends).toMatchObject([
    { outcome: 'failed', reason: 'upstream_status_500', attempts: [{}, {}] },
  ])
})

test('401 on one account: the other is asked, and goes first from then on', async () => {
  await start()
  pool.first.script = (response, request) =>
    (request.headers['x-api-key'] === KEYS.a ? json(overloaded, 401) : json(anthropicJson))(response, request)
  for (let round = 0; round < 3; round += 1) expect((await pool.ask({ model: 'team/m' })).status).toBe(200)
  const keys = pool.first.seen.map(({ headers }) => headers['x-api-key'])
  expect(keys).toEqual([KEYS.a, KEYS.b, KEYS.b, KEYS.b])
  expect(pool.gw.ends[0]).toMatchObject({
    attempts: [{ account: 'a', reason: 'upstream_status_401' }, { account: 'b' }],
  })
})

test('401 on every account is told as it is, each key tried once', async () => {
  await start()
  pool.first.script = json(overloaded, 401)
  expect((await pool.ask({ model: 'team/m' })).status).toBe(401)
  expect(pool.first.seen).toHaveLength(2)
})

test('accounts take turns, a conversation stays with its own, and quotas are shown', async () => {
  await start({ routing: { accounts: { strategy: 'round-robin' } } })
  pool.first.script = json(anthropicJson, 200, { 'anthropic-ratelimit-tokens-remaining': '77' })
  for (let round = 0; round < 4; round += 1) await pool.ask({ model: 'team/m' })
  const keys = pool.first.seen.map(({ headers }) => headers['x-api-key'])
  expect(keys).toEqual([KEYS.a, KEYS.b, KEYS.a, KEYS.b])
  for (let round = 0; round < 3; round += 1)
    await pool.ask({ model: 'team/m', metadata: { user_id: 'conversation-1' } })
  expect(new Set(pool.first.seen.slice(4).map(({ headers }) => headers['x-api-key']))).toEqual(
    new Set([KEYS.a]),
  )
  const told = await fetch(`${pool.gw.url}/accounts`, { headers: { 'x-api-key': OWNER_TOKEN } })
  const { accounts } = (await told.json()) as { accounts: AccountStatus[] }
  expect(accounts).toEqual(pool.gw.gateway.accounts())
  expect(accounts.filter(({ provider }) => provider === 'team')).toMatchObject([
    { label: 'a', hasKey: true, quotas: [{ of: 'tokens', remaining: 77 }] },
    { label: 'b', hasKey: true, quotas: [{ of: 'tokens', remaining: 77 }] },
  ])
})

test('a kept connection that the upstream closed is replaced once, without the client noticing', async () => {
  await start({ routing: { retries: { max: 0 } } })
  pool.first.script = json(anthropicJson)
  expect((await pool.ask({ model: 'alone' })).status).toBe(200)
  const asked = pool.first.seen.length
  pool.first.script = (response, request) => {
    if (pool.first.seen.length === asked + 1) response.socket?.resetAndDestroy()
    else json(anthropicJson)(response, request)
  }
  expect((await pool.ask({ model: 'alone' })).status).toBe(200)
  expect(pool.gw.ends[1]).toMatchObject({ attempts: [{ reason: 'connection_lost' }, { reason: 'ok' }] })
})

test('the breaker opens after failures in a row, answers at once, and lets a probe through later', async () => {
  await start({ routing: { retries: { max: 0 } } })
  pool.first.script = json(overloaded, 500)
  for (let round = 0; round < 5; round += 1) expect((await pool.ask({ model: 'alone' })).status).toBe(500)
  const open = await pool.ask({ model: 'alone' })
  expect(open.status).toBe(503)
  expect(Number(open.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(pool.first.seen).toHaveLength(5)
  expect(pool.gw.ends.at(-1)).toMatchObject({ outcome: 'rejected', reason: 'breaker_open', attempts: [] })
  pool.first.script = json(anthropicJson)
  await expect
    .poll(async () => (await pool.ask({ model: 'alone' })).status, { timeout: 8_000, interval: 250 })
    .toBe(200)
  expect((await pool.ask({ model: 'alone' })).status).toBe(200)
}, 15_000)

test('a client that leaves while the gateway waits before a repeat ends the exchange at once', async () => {
  await start()
  pool.first.script = json(overloaded, 429, { 'retry-after': '20' })
  const controller = new AbortController()
  const asked = pool.ask({ model: 'alone' }, controller.signal).catch((error: unknown) => error)
  await expect.poll(() => pool.first.seen.length).toBe(1)
  await expect.poll(() => pool.gw.gateway.accounts().some(({ models }) => models.length > 0)).toBe(true)
  const left = performance.now()
  controller.abort()
  await asked
  expect(await pool.gw.ended(1)).toMatchObject([
    { outcome: 'cancelled', reason: 'client_gone', attempts: [{}] },
  ])
  expect(performance.now() - left).toBeLessThan(5_000)
  expect(pool.first.seen).toHaveLength(1)
})

test('the total time ends a wait before a repeat too, with a status', async () => {
  await start({ routing: { timeouts: { totalMs: 700, firstByteMs: 5_000 } } })
  pool.first.script = (response, request) =>
    (pool.first.seen.length === 1 ? json(overloaded, 503) : silent)(response, request)
  const answer = await pool.ask({ model: 'alone' })
  expect(answer.status).toBe(504)
  expect(pool.gw.ends).toMatchObject([{ outcome: 'failed', reason: 'total_timeout' }])
})

test('silence after content is the idle limit’s; pings count as life', async () => {
  await start({ routing: { timeouts: { idleMs: 500 } } })
  pool.first.script = (response) => {
    begin(response, anthropicHead)
    const pings = setInterval(() => response.write('event: ping\ndata: {"type":"ping"}\n\n'), 100)
    setTimeout(() => clearInterval(pings), 1_200)
  }
  const begun = performance.now()
  await expect((await pool.ask({ stream: true })).text()).rejects.toThrow()
  expect(performance.now() - begun).toBeGreaterThan(1_200)
  expect(pool.gw.ends).toMatchObject([{ outcome: 'failed', reason: 'idle_timeout' }])
})

test('a handler of upstream.call may answer in place of an upstream that failed', async () => {
  let statuses: unknown[] = []
  await start({
    setup: (ctx) =>
      void ctx.hook('upstream.call', async (_call, next) => {
        const result = await next()
        statuses = [...statuses, result.kind]
        if (result.kind !== 'failed') return result
        const headers = { 'content-type': 'application/json' }
        return { kind: 'response', status: 200, headers, body: JSON.stringify(anthropicJson) }
      }),
  })
  pool.first.script = json(overloaded, 529)
  expect(await (await pool.ask()).json()).toEqual(anthropicJson)
  expect(statuses).toEqual(['failed'])
  expect(pool.second.seen).toHaveLength(0)
  expect(pool.gw.ends).toMatchObject([{ outcome: 'completed' }])
})

test('fifty calls at once, half of the upstreams failing: every one is answered', async () => {
  await start({ routing: { retries: { max: 2, budgetRatio: 1 } } })
  let count = 0
  const flaky: Script = (response, request) => {
    count += 1
    const faults = [json(overloaded, 529), cut(preamble), (one: typeof response) => one.destroy()]
    ;(faults[count % 3] ?? silent)(response, request)
  }
  pool.first.script = flaky
  pool.second.script = sse(anthropicSse)
  const answers = await Promise.all(
    Array.from({ length: 50 }, async () => (await pool.ask({ stream: true })).text()),
  )
  expect(new Set(answers)).toEqual(new Set([anthropicSse]))
  expect(pool.gw.ends).toHaveLength(50)
  expect(pool.gw.ends.every(({ outcome }) => outcome === 'completed')).toBe(true)
})
