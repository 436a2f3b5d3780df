import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasPostgres, NO_POSTGRES, tempPostgres } from '../../packages/store/src/testing/test-postgres.ts'
import type { Bench } from './bench.ts'
import { createBench } from './bench.ts'

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

const agentproxy = { bin: 'agentproxy' } as const

test('tasks are found by words and deleted with their folders, after a look at what would go', async () => {
  const flags = [
    '--check',
    'npm test',
    '--agent',
    'builtin',
    '--model',
    'simulator/fix',
    '--display',
    'quiet',
  ]
  await bench.command(['run', 'repair the sum', ...flags, '-s', 'first'])
  const list = async (...own: string[]): Promise<string> => (await bench.command(['list', ...own])).stdout
  expect(await list('--search', 'repair', '--outcome', 'done', '--since', '1h')).toContain('repair the sum')
  expect(await list('--search', 'unheard-of')).toBe('No such task.\n')
  const folder = path.join(bench.home, 'state', 'sessions', 'first')
  expect((await bench.command(['cleanup'])).code).toBe(2)
  const look = await bench.command(['cleanup', '--older-than', '2099-01-01', '--dry-run'])
  expect(look.stdout).toContain('1 session would be deleted.')
  expect(existsSync(folder)).toBe(true)
  const done = await bench.command(['cleanup', '--older-than', '2099-01-01'])
  expect(done.stdout).toContain('1 session deleted.')
  expect(existsSync(folder)).toBe(false)
})

const body = JSON.stringify({
  model: 'simulator/fix',
  max_tokens: 40,
  messages: [{ role: 'user', content: 'hi' }],
})

test.each(['sqlite', 'postgres'] as const)(
  'two servers share budgets and limits by the minute [%s]',
  async (kind) => {
    if (kind === 'postgres' && !hasPostgres()) return expect.soft(NO_POSTGRES).toBe(NO_POSTGRES)
    const env = kind === 'sqlite' ? {} : { AGENTPROXY_DATABASE_URL: await tempPostgres() }
    const servers = [1, 2].map(() =>
      bench.start(['serve', '--port', '0', '--json', '--no-watch'], { ...agentproxy, env }),
    )
    const urls: string[] = []
    for (const server of servers) {
      const line = await server.line((text) => text.includes('listening'))
      urls.push((JSON.parse(line) as { url: string }).url)
    }
    const makeKey = async (name: string, ...flags: string[]): Promise<string> => {
      const { stdout } = await bench.command(['keys', 'create', name, ...flags], { ...agentproxy, env })
      return stdout.trim()
    }
    const ask = async (key: string, count: number): Promise<readonly number[]> =>
      Promise.all(
        Array.from({ length: count }, async (_, index) => {
          const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
          const url = `${urls[index % 2]}/v1/chat/completions`
          const response = await fetch(url, { method: 'POST', headers, body })
          await response.arrayBuffer()
          return response.status
        }),
      )
    const budget = 300
    const statuses = await ask(await makeKey('budget', '--tokens', `${budget}/day`), 50)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
    const rated = await ask(await makeKey('rated', '--rpm', '10'), 40)
    const served = rated.filter((status) => status === 200).length
    expect(served).toBeGreaterThanOrEqual(10)
    // What fills again while they are asked.
    expect(served).toBeLessThanOrEqual(13)
    for (const server of servers) server.child.kill('SIGTERM')
    for (const server of servers) expect((await server.done).code).toBe(0)
    const usage = await bench.command(['usage', '--by', 'key', '--json'], { ...agentproxy, env })
    const rows = usage.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
    const spent = rows.map(({ inputTokens, outputTokens }) => Number(inputTokens) + Number(outputTokens))
    const reserve = Math.ceil(body.length / 3) + 40
    expect(Math.max(...spent)).toBeGreaterThan(0)
    expect(rows).toHaveLength(2)
    const ofBudget = rows.findIndex(({ exchanges }) => exchanges === 50)
    expect(spent[ofBudget]).toBeLessThanOrEqual(budget + reserve)
  },
)

test('the password of a database is never shown, also where the database cannot be reached', async () => {
  const env = { AGENTPROXY_DATABASE_URL: 'postgres://me:pa55-canary@127.0.0.1:1/nowhere?sslmode=disable' }
  const shown = await bench.command(['config', 'show', '--origin'], { ...agentproxy, env })
  expect(shown.stdout).toContain('postgres://me:[masked]@127.0.0.1:1/nowhere')
  expect(shown.stdout).toContain('AGENTPROXY_DATABASE_URL')
  const failed = await bench.command(['list', '--verbose'], { env })
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('postgres://me@127.0.0.1:1/nowhere')
  expect(failed.stderr).toContain('Check that the server runs')
  const wrong = await bench.command(['list'], {
    env: { AGENTPROXY_DATABASE_URL: 'mysql://me:pa55-canary@x' },
  })
  expect(wrong.stderr).toContain('must be sqlite:PATH or postgres://')
  expect(shown.stdout + failed.stdout + failed.stderr + wrong.stderr).not.toContain('pa55-canary')
})
