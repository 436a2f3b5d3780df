import { readFile } from 'node:fs/promises'
import { Agent, request } from 'undici'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bench, Running } from './bench.ts'
import { createBench } from './bench.ts'

interface Served extends Running {
  readonly url: string
  readonly token: string
  /** What it said on standard error so far. */
  told(): string
}

const BODY = { model: 'simulator/short', messages: [{ role: 'user', content: 'x' }] }
const patient = { timeout: 60_000, interval: 50 }

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
  await bench.write(
    'scenarios/short.yaml',
    'name: Short\ndescription: A moment.\nsteps:\n  - then: [{ text: begun }, { delayMs: 300 }, { text: " ended" }]\n',
  )
  await bench.write(
    'scenarios/endless.yaml',
    'name: Endless\ndescription: Never ends.\nsteps:\n  - then: [{ text: begun }, { delayMs: 600000 }]\n',
  )
  // Tells, in a file, in which process its task runs and when it is stopped.
  await bench.write(
    'plugins/once.mjs',
    `import { appendFileSync } from 'node:fs'
export default { name: 'once', version: '1.0.0', setup(ctx) {
  ctx.task('tick', { everyMs: 600000 }, () => appendFileSync(${JSON.stringify(`${bench.home}/ticks`)}, process.pid + '\\n'))
} }\n`,
  )
  await configure()
})
afterEach(() => bench.dispose())

const configure = (more = '') =>
  bench.write(
    'config/agentproxy/config.yaml',
    `pluginModules: ["${bench.home}/plugins/once.mjs"]\nplugins: { provider-simulator: { scenarios: ["${bench.home}/scenarios"] } }\n${more}`,
  )

async function serve(...more: readonly string[]): Promise<Served> {
  const running = bench.start(['serve', '--port', '0', '--json', '--workers', '2', '--no-watch', ...more], {
    bin: 'agentproxy',
  })
  let told = ''
  running.child.stderr?.on('data', (text: string) => (told += text))
  const { url } = JSON.parse(await running.line((text) => text.includes('"listening"'))) as { url: string }
  const token = (await bench.command(['token'], { bin: 'agentproxy' })).stdout.trim()
  return { ...running, url, token, told: () => told }
}

const ticks = async () => (await readFile(`${bench.home}/ticks`, 'utf8')).trim().split('\n').map(Number)

async function workersOf({ child }: Running): Promise<readonly number[]> {
  const list = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').catch(() => '')
  return list.split(' ').filter(Boolean).map(Number)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function ask({ url, token }: Served, body: object, dispatcher?: Agent) {
  return request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(dispatcher !== undefined && { dispatcher }),
  })
}

describe.skipIf(process.platform !== 'linux')('several workers', () => {
  test('are replaced under load without one failed request, and what runs once runs in one of them', async () => {
    const server = await serve()
    const first = await workersOf(server)
    expect(first).toHaveLength(2)
    await expect.poll(async () => ticks().catch(() => []), patient).toHaveLength(1)
    const served = { whole: 0, streamed: 0 }
    const stop = new AbortController()
    const agent = new Agent({ connections: 16, pipelining: 1 })
    const wholes = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const answer = await ask(server, { ...BODY, model: 'simulator/fix' }, agent)
        expect([answer.statusCode, await answer.body.text()]).toEqual([
          200,
          expect.stringContaining('choices'),
        ])
        served.whole += 1
      }
    }
    const streams = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const answer = await ask(server, { ...BODY, stream: true }, agent)
        const text = await answer.body.text()
        expect([answer.statusCode, text]).toEqual([200, expect.stringContaining('[DONE]')])
        expect(text).toContain('ended')
        served.streamed += 1
      }
    }
    const load = Promise.all([...Array.from({ length: 4 }, wholes), ...Array.from({ length: 4 }, streams)])
    let before = first
    for (const count of [1, 2]) {
      server.child.kill('SIGHUP')
      const done = () => server.told().split('restarted: the new workers serve').length - 1
      await expect.poll(done, patient).toBe(count)
      const now = await workersOf(server)
      expect(now).toHaveLength(2)
      expect(now.filter((pid) => before.includes(pid))).toEqual([])
      before = now
    }
    stop.abort()
    await load
    await agent.close()
    expect(served.whole).toBeGreaterThan(20)
    expect(served.streamed).toBeGreaterThan(10)
    await expect.poll(ticks, patient).toHaveLength(3)
    server.child.kill('SIGTERM')
    expect((await server.done).code).toBe(0)
    expect(before.filter(isAlive)).toEqual([])
  })

  test('one that is killed is replaced while the other serves; a restart that cannot start leaves all as it is', async () => {
    const server = await serve()
    const [victim = 0, other = 0] = await workersOf(server)
    process.kill(victim, 'SIGKILL')
    expect((await ask(server, BODY)).statusCode).toBe(200)
    await expect.poll(() => server.told(), patient).toContain('ended unexpectedly with SIGKILL')
    const replaced = async () => {
      const now = await workersOf(server)
      return now.length === 2 && now.includes(other) && !now.includes(victim)
    }
    await expect.poll(replaced, patient).toBe(true)
    await configure('servr: {}\n')
    server.child.kill('SIGHUP')
    await expect.poll(() => server.told(), patient).toContain('the old ones stay: ')
    expect((await ask(server, BODY)).statusCode).toBe(200)
    expect(await workersOf(server)).toContain(other)
  })

  test('end with their primary, whatever ends it, and a second signal ends all at once', async () => {
    const killed = await serve()
    const orphans = await workersOf(killed)
    killed.child.kill('SIGKILL')
    await expect.poll(() => orphans.filter(isAlive), { ...patient, timeout: 15_000 }).toEqual([])
    const server = await serve()
    const workers = await workersOf(server)
    const stream = await ask(server, { ...BODY, model: 'simulator/endless', stream: true })
    const cut = stream.body.text().catch(() => 'cut')
    server.child.kill('SIGTERM')
    await expect.poll(() => server.told(), patient).toContain('once more ends it at once')
    await expect.poll(async () => (await request(`${server.url}/readyz`)).statusCode, patient).toBe(503)
    server.child.kill('SIGTERM')
    expect((await server.done).code).toBe(130)
    await cut
    await expect.poll(() => workers.filter(isAlive), patient).toEqual([])
  })

  test('that cannot start are said once, with their exit code', async () => {
    await configure('enabledPlugins: [provider-simulater]\n')
    const { code, stdout, stderr } = await bench.command(
      ['serve', '--port', '0', '--json', '--workers', '2'],
      { bin: 'agentproxy' },
    )
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.match(/provider-simulater/g)).toHaveLength(1)
    expect(stderr).toContain('worker 1 ended with exit code 2 before it was ready')
    await configure()
    const { url } = await serve()
    const taken = await bench.command(['serve', '--port', new URL(url).port, '--workers', '2'], {
      bin: 'agentproxy',
    })
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining('in use')])
    const recorded = await bench.command(['serve', '--port', '0', '--workers', '2', '--record', 'x'], {
      bin: 'agentproxy',
    })
    expect([recorded.code, recorded.stderr]).toEqual([2, expect.stringContaining('one process')])
  })
})
