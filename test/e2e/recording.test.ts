import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bench, Running } from './bench.ts'
import { createBench } from './bench.ts'

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

interface Served extends Running {
  readonly url: string
  readonly token: string
}

async function serve(...more: readonly string[]): Promise<Served> {
  const running = bench.start(['serve', '--port', '0', '--json', ...more], { bin: 'agentproxy' })
  const line = await running.line((text) => text.includes('"listening"'))
  const { url } = JSON.parse(line) as { url: string }
  const token = (await bench.command(['token'], { bin: 'agentproxy' })).stdout.trim()
  return { ...running, url, token }
}

function ask({ url, token }: Served, content: string): Promise<Response> {
  return fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': token },
    body: JSON.stringify({
      model: 'simulator/fix',
      max_tokens: 500,
      stream: true,
      messages: [{ role: 'user', content }],
    }),
  })
}

test('serve records what an upstream answers, and replays it to the byte without any', async () => {
  const folder = join(bench.home, 'recordings')
  const recorder = await serve('--record', folder)
  const live = await (await ask(recorder, 'make the failing test pass')).text()
  expect(live).toContain('message_stop')
  recorder.child.kill('SIGTERM')
  await recorder.done
  const files = readdirSync(folder)
  expect(files).toHaveLength(1)
  expect(readFileSync(join(folder, files[0] ?? ''), 'utf8')).not.toContain(recorder.token)

  const replay = await serve('--replay', folder)
  expect(await (await ask(replay, 'make the failing test pass')).text()).toBe(live)
  const missed = await ask(replay, 'something else')
  expect(missed.status).toBe(404)
  expect(await missed.text()).toContain(files[0])
})

test('a folder without recordings ends serve with what to do', async () => {
  const { code, stderr } = await bench.command(
    ['serve', '--port', '0', '--replay', join(bench.home, 'none')],
    {
      bin: 'agentproxy',
    },
  )
  expect(code).toBe(1)
  expect(stderr).toContain('--record')
})
