import { createHash, randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rawHttp } from '../testing/raw-http.ts'
import { json, sse } from '../testing/scripted-upstream.ts'
import { CANARY, OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import {
  anthropicHead,
  anthropicJson,
  anthropicSse,
  openaiJson,
  openaiSse,
} from '../testing/vendor-answers.ts'

let gw: TestGateway
beforeEach(async () => {
  gw = await startGateway()
})
afterEach(() => gw.close())

const ODD_BODY = `{ "max_tokens":5,\n\t"messages" : [{"role":"user","content":"\\u00e9 é 😀 \\"model\\": \\"no\\""}],
  "unknown":{"model":"inner", "n": 1.0e3, "big": 12345678901234567890},   "model" :  "ant/ant-model" , "stream":false }`

describe('bytes', () => {
  test('a request passes untouched but for its model token', async () => {
    gw.upstream.script = json(anthropicJson)
    await gw.post('/v1/messages', ODD_BODY)
    expect(gw.upstream.seen[0]?.body.toString()).toBe(ODD_BODY.replace('"ant/ant-model"', '"ant-model"'))
  })

  test('a request whose model keeps its name passes wholly untouched', async () => {
    gw.upstream.script = json(anthropicJson)
    const body = ODD_BODY.replace('ant/ant-model', 'ant-model')
    await gw.post('/v1/messages', body)
    expect(gw.upstream.seen[0]?.body.toString()).toBe(body)
  })

  test('JSON and stream answers pass byte for byte, in both formats', async () => {
    const odd = `{ "id":"x" , "model":"up",\n "choices":[], "usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3} }\n`
    gw.upstream.script = (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(odd)
    expect(await (await gw.post('/v1/chat/completions', { model: 'oai/x' })).text()).toBe(odd)
    const stream = `: comment\r\n\r\n${anthropicSse}`
    gw.upstream.script = sse(stream)
    expect(await (await gw.post('/v1/messages', { model: 'ant/ant-model', stream: true })).text()).toBe(
      stream,
    )
    gw.upstream.script = sse(openaiSse)
    expect(await (await gw.post('/v1/chat/completions', { model: 'oai/x', stream: true })).text()).toBe(
      openaiSse,
    )
    expect(gw.ends.map(({ outcome, usage }) => [outcome, usage?.outputTokens])).toEqual([
      ['completed', 2],
      ['completed', 5],
      ['completed', 5],
    ])
  })

  test('a large body arrives whole', async () => {
    gw.upstream.script = json(anthropicJson)
    const body = JSON.stringify({ pad: randomBytes(3_000_000).toString('base64'), model: 'ant/ant-model' })
    await gw.post('/v1/messages', body)
    const expected = body.replace('"ant/ant-model"', '"ant-model"')
    expect(sha(gw.upstream.seen[0]?.body ?? Buffer.alloc(0))).toBe(sha(Buffer.from(expected)))
  })
})

describe('headers', () => {
  test('vendor headers go on, credentials, cookies and hop-by-hop headers do not', async () => {
    gw.upstream.script = json(anthropicJson)
    await gw.post(
      '/v1/messages?beta=true&key=leak',
      { model: 'ant/ant-model' },
      {
        headers: {
          'x-api-key': OWNER_TOKEN,
          'anthropic-beta': 'one,two',
          'anthropic-version': '2023-06-01',
          'user-agent': 'claude-cli/2',
          'x-claude-code-session-id': 's1',
          'x-stainless-lang': 'js',
          cookie: 'a=b',
          'x-forwarded-for': '1.2.3.4',
          te: 'trailers',
        },
      },
    )
    const seen = gw.upstream.seen[0]
    expect(seen?.url).toBe('/v1/messages?beta=true')
    expect(seen?.headers).toMatchObject({
      'x-api-key': CANARY,
      'anthropic-beta': 'one,two',
      'anthropic-version': '2023-06-01',
      'user-agent': 'claude-cli/2',
      'x-claude-code-session-id': 's1',
      'x-stainless-lang': 'js',
      'accept-encoding': 'identity',
    })
    for (const name of ['authorization', 'cookie', 'x-forwarded-for', 'te', 'transfer-encoding']) {
      expect(seen?.headers).not.toHaveProperty(name)
    }
    expect(JSON.stringify(seen?.headers)).not.toContain(OWNER_TOKEN)
  })

  test('rate limits and request ids come back, cookies do not', async () => {
    gw.upstream.script = json(anthropicJson, 200, {
      'request-id': 'req_1',
      'anthropic-ratelimit-requests-remaining': '7',
      'set-cookie': 'a=b',
      'x-powered-by': 'x',
      'access-control-allow-origin': '*',
    })
    const answer = await gw.post('/v1/messages', { model: 'ant/ant-model' })
    expect(answer.headers.get('request-id')).toBe('req_1')
    expect(answer.headers.get('anthropic-ratelimit-requests-remaining')).toBe('7')
    expect(answer.headers.get('x-agentproxy-exchange')).toBe(gw.ends[0]?.exchangeId)
    for (const name of [
      'set-cookie',
      'x-powered-by',
      'access-control-allow-origin',
      'x-agentproxy-simulated',
    ]) {
      expect(answer.headers.get(name)).toBeNull()
    }
  })
})

describe('upstream errors', () => {
  test('the same format keeps body, status and retry headers', async () => {
    const body = {
      type: 'error',
      error: { type: 'rate_limit_error', message: 'slow  down' },
      request_id: 'req_9',
    }
    gw.upstream.script = json(body, 429, {
      'retry-after': '7',
      'request-id': 'req_9',
      'x-should-retry': 'true',
    })
    const answer = await gw.post('/v1/messages', { model: 'ant/ant-model' })
    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toBe('7')
    expect(answer.headers.get('request-id')).toBe('req_9')
    expect(await answer.json()).toEqual(body)
    expect(gw.ends).toMatchObject([{ outcome: 'failed', reason: 'upstream_status_429', status: 429 }])
  })

  test('a key the upstream echoes is taken out', async () => {
    gw.upstream.script = json({ error: { message: `Incorrect API key provided: ${CANARY}` } }, 401)
    const answer = await gw.post('/v1/chat/completions', { model: 'oai/x' })
    expect(answer.status).toBe(401)
    expect(await answer.text()).toContain('Incorrect API key provided: [redacted]')
  })

  test('a redirect, a compressed answer, and an answer that is no JSON are 502', async () => {
    gw.upstream.script = (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()
    expect((await gw.post('/v1/messages', { model: 'ant/ant-model' })).status).toBe(502)
    gw.upstream.script = json(anthropicJson, 200, { 'content-encoding': 'gzip' })
    expect((await gw.post('/v1/messages', { model: 'ant/ant-model' })).status).toBe(502)
    gw.upstream.script = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
    expect((await gw.post('/v1/messages', { model: 'ant/ant-model' })).status).toBe(502)
    expect(gw.ends.map(({ reason }) => reason)).toEqual(['bad_answer', 'bad_answer', 'bad_answer'])
    expect(gw.upstream.seen).toHaveLength(3)
  })
})

test('the tokens of an answer are recorded with what is known of the exchange', async () => {
  gw.upstream.script = json(openaiJson)
  const token = gw.gateway.issueTaskToken({ taskId: 't7', purpose: 'reasoner' })
  await gw.post('/v1/chat/completions', { model: 'oai/x' }, { headers: { authorization: `Bearer ${token}` } })
  expect(gw.records).toMatchObject([
    {
      taskId: 't7',
      purpose: 'reasoner',
      outcome: 'completed',
      status: 200,
      provider: 'oai',
      model: 'oai/x',
      clientFormat: 'openai-chat',
      upstreamFormat: 'openai-chat',
      inputTokens: 12,
      outputTokens: 5,
      costUsd: null,
      simulated: false,
    },
  ])
  gw.gateway.revokeTaskTokens('t7')
  const late = await gw.post(
    '/v1/chat/completions',
    { model: 'oai/x' },
    { headers: { authorization: `Bearer ${token}` } },
  )
  expect(late.status).toBe(401)
})

test('a client that leaves takes its upstream with it at once', async () => {
  gw.upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(anthropicHead)
  }
  const controller = new AbortController()
  const answer = await gw.post(
    '/v1/messages',
    { model: 'ant/ant-model', stream: true },
    { signal: controller.signal },
  )
  await answer.body?.getReader().read()
  const left = performance.now()
  controller.abort()
  await gw.upstream.seen[0]?.closed
  expect(performance.now() - left).toBeLessThan(1_000)
  expect(await gw.ended(1)).toMatchObject([
    { outcome: 'cancelled', reason: 'client_gone', status: 200, usage: { inputTokens: 12 } },
  ])
})

test('a client that leaves before any answer is 499', async () => {
  gw.upstream.script = () => {}
  const controller = new AbortController()
  const asked = gw.post('/v1/messages', { model: 'ant/ant-model' }, { signal: controller.signal })
  await expect.poll(() => gw.upstream.seen.length).toBe(1)
  controller.abort()
  await expect(asked).rejects.toThrow()
  await gw.upstream.seen[0]?.closed
  expect(await gw.ended(1)).toMatchObject([{ outcome: 'cancelled', status: 499, usage: null }])
})

test('a client that leaves while it sends its request is a cancelled exchange', async () => {
  const head = `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${OWNER_TOKEN}\r\nContent-Type: application/json\r\n`
  await rawHttp(gw.port, `${head}Content-Length: 500\r\n\r\n{"model":`, 100)
  expect(await gw.ended(1)).toMatchObject([
    { outcome: 'cancelled', reason: 'client_gone', status: 499, model: '' },
  ])
  expect(gw.logs).toEqual([])
})

test('a slow reader holds the upstream back instead of filling memory', async () => {
  const piece = `data: {"pad":"${'x'.repeat(65_000)}"}\n\n`
  let written = 0
  gw.upstream.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    function more(): void {
      while (written < 200_000_000) {
        written += piece.length
        if (!response.write(piece)) return void response.once('drain', more)
      }
      response.end()
    }
    response.write(anthropicHead)
    more()
  }
  const body = JSON.stringify({ model: 'ant/ant-model', stream: true })
  const headers = { 'content-type': 'application/json', 'x-api-key': OWNER_TOKEN }
  const asked = httpRequest(`${gw.url}/v1/messages`, { method: 'POST', headers })
  asked.on('error', () => {})
  const stalled = new Promise<void>((resolve) => {
    asked.on('response', (response) => {
      response.pause()
      resolve()
    })
  })
  asked.end(body)
  await stalled
  let before = -1
  while (before !== written) {
    before = written
    await sleep(300)
  }
  expect(written).toBeLessThan(50_000_000)
  asked.destroy()
  expect(await gw.ended(1)).toMatchObject([{ outcome: 'cancelled' }])
})

function sha(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
