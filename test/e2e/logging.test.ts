import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench } from './bench.ts'

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

test('serve keeps the logs its configuration asks for, answers again from memory, and lets out no secret', async () => {
  const [access, raw] = [join(bench.home, 'access.log'), join(bench.home, 'raw')]
  const config = await bench.write(
    'config.json',
    JSON.stringify({
      plugins: {
        'access-log': { file: access, format: 'structured' },
        'raw-http-log': { folder: raw },
        'cache-responses': {},
        events: {},
        cache: {},
      },
    }),
  )
  const running = bench.start(['serve', '--port', '0', '--json', '--config', config], { bin: 'agentproxy' })
  const line = await running.line((text) => text.includes('"listening"'))
  const { url } = JSON.parse(line) as { url: string }
  const token = (await bench.command(['token'], { bin: 'agentproxy' })).stdout.trim()
  const headers = { 'content-type': 'application/json', 'x-api-key': token }
  const ask = async (stream: boolean): Promise<{ readonly hit: string | null; readonly text: string }> => {
    const messages = [{ role: 'user', content: `my token is ${token} and my key sk-ant-0123456789abcdef` }]
    const body = JSON.stringify({ model: 'simulator/fix', max_tokens: 500, stream, messages })
    const answer = await fetch(`${url}/v1/messages?key=SECRETQUERY`, { method: 'POST', headers, body })
    expect(answer.status).toBe(200)
    return { hit: answer.headers.get('x-agentproxy-cache'), text: await answer.text() }
  }
  for (const stream of [false, true]) {
    const first = await ask(stream)
    expect(first.hit).toBeNull()
    expect(await ask(stream)).toEqual({ hit: 'hit', text: first.text })
  }
  const tool = async (name: string): Promise<unknown> =>
    ((await (await fetch(`${url}/tools/${name}`, { method: 'POST', headers })).json()) as { value: unknown })
      .value
  expect(await tool('cache-responses.stats')).toMatchObject({ entries: 2, hits: 2, misses: 2 })
  expect(await tool('events.stats')).toMatchObject({ byName: { 'exchange.end': 4 } })
  running.child.kill('SIGTERM')
  await running.done

  const lines = readFileSync(access, 'utf8').trim().split('\n')
  expect(lines.map((text) => JSON.parse(text) as unknown)).toMatchObject(
    Array.from({ length: 4 }, () => ({ method: 'POST', path: '/v1/messages', status: 200, user: 'owner' })),
  )
  const records = readdirSync(raw).map((name) => readFileSync(join(raw, name), 'utf8'))
  const calls = records
    .map((text) => JSON.parse(text) as { readonly upstream: { readonly response: unknown } | null })
    .filter(({ upstream }) => upstream !== null)
  expect(calls).toHaveLength(4)
  expect(calls.filter(({ upstream }) => upstream?.response !== null)).toHaveLength(2)
  for (const text of [...lines, ...records]) expect(text).not.toMatch(/SECRETQUERY|sk-ant-0123/)
  // The owner's token is 43 characters of chance without a mark: what is not sent as a credential is a word like others.
  for (const text of lines) expect(text).not.toContain(token)
  expect(statSync(raw).mode & 0o777).toBe(0o700)
})
