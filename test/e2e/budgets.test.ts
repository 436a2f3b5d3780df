import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench } from './bench.ts'

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
})
afterAll(() => bench.dispose())

const task = ['fix it', '--check', 'npm test', '--agent', 'builtin']

function reportOf(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
}

test('a task ends capped, with its own exit code, when its tokens are used up', async () => {
  const flags = ['--model', 'simulator/fix', '--max-tokens', '1', '--display', 'json', '-s', 'small']
  const { code, stdout } = await bench.command([...task, ...flags])
  expect(code).toBe(15)
  expect(reportOf(stdout)).toMatchObject({ outcome: 'capped', reason: 'max_tokens', exitCode: 15 })
  expect(reportOf(stdout)['message']).toMatch(/^The budget of 1 tokens is used up: \d+ tokens spent\.$/)
  const again = await bench.command(['show', 'small'])
  expect(again.stdout).toContain('capped (max_tokens)')
})

test('a task within its budgets is done, and its usage is told', async () => {
  const flags = ['--model', 'simulator/fix', '--max-cost', '0.10', '--max-tokens', '1000000', '-s', 'roomy']
  const { code, stdout } = await bench.command([...task, ...flags])
  expect(stdout).toContain('$0.1, 1000000 tokens')
  expect(code).toBe(0)
  const usage = await bench.command(['usage', '--by', 'task', '--json'], { bin: 'agentproxy' })
  const rows = usage.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(rows.find(({ group }) => group === 'roomy')).toMatchObject({ costUsd: 0, unpriced: 0 })
  const table = await bench.command(['usage', '--since', '1h'], { bin: 'agentproxy' })
  expect(table.stdout).toMatch(
    /^model +calls .*\n(?:.*\n)*simulator\/fix .*simulated, no cost\n(?:.*\n)*total /,
  )
})

test.each([
  [
    'no price',
    ['--model', 'openai/gpt-unheard-of', '--max-cost', '1'],
    'no price is known for openai/gpt-unheard-of',
  ],
  ['no model', ['--agent', 'claude-code', '--max-cost', '1'], 'model'],
  ['a price that is none', ['--model', 'simulator/fix', '--max-cost', 'much'], 'Expected US dollars'],
  ['no tokens at all', ['--model', 'simulator/fix', '--max-tokens', '0'], 'whole number of tokens'],
])('a budget that cannot be kept is refused at the start: %s', async (_, flags, words) => {
  const env = { OPENAI_API_KEY: 'sk-none', CLAUDE_BIN: process.execPath }
  const { code, stderr } = await bench.command([...task, ...flags], { env })
  expect(stderr).toContain(words)
  expect(code).toBe(2)
})

test('a key is printed once, works at a running server, is limited there, and ends the moment it is revoked', async () => {
  const agentproxy = { bin: 'agentproxy' } as const
  const server = bench.start(['serve', '--port', '0', '--json', '--no-watch'], agentproxy)
  const { url } = JSON.parse(await server.line((line) => line.includes('listening'))) as { url: string }
  const flags = ['--models', 'simulator/*', '--rpm', '100', '--budget-usd', '5/day', '--expires', '30d']
  const made = await bench.command(['keys', 'create', 'ci', ...flags], agentproxy)
  const key = made.stdout.trim()
  expect(key).toMatch(/^ap-key-[\w-]{43}$/)
  expect(made.stderr).toContain('$5/day; 100 requests/min')
  const ask = (model: string): Promise<Response> =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
    })
  expect((await ask('simulator/fix')).status).toBe(200)
  expect((await ask('openai/gpt-5.5')).status).toBe(403)
  const list = await bench.command(['keys', 'list'], agentproxy)
  expect(list.stdout).toMatch(/^key-[0-9a-f]{12} {2}ci {2}active until /)
  expect(list.stdout + made.stderr).not.toContain(key.slice(7))
  expect((await bench.command(['keys', 'create', 'ci'], agentproxy)).code).toBe(2)
  const revoked = await bench.command(['keys', 'revoke', 'ci'], agentproxy)
  expect(revoked.stdout).toBe('ci was revoked\n')
  expect((await ask('simulator/fix')).status).toBe(401)
  const again = await bench.command(['keys', 'revoke', 'ci'], agentproxy)
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('no key named "ci" is in use')])
  const usage = await bench.command(['usage', '--by', 'key', '--json'], agentproxy)
  expect(usage.stdout).toContain('"group":"key-')
  server.child.kill('SIGTERM')
  expect((await server.done).code).toBe(0)
})

test.each([
  ['--budget-usd', '5', '5/day'],
  ['--tokens', '1000', '200000/day'],
  ['--expires', 'soon', '30d'],
  ['--rpm', '0', 'whole number'],
  ['--models', 'a,,b', 'patterns'],
])('a key with %s %s is refused in words', async (flag, value, words) => {
  const { code, stderr } = await bench.command(['keys', 'create', 'x', flag, value], { bin: 'agentproxy' })
  expect(stderr).toContain(words)
  expect(code).toBe(2)
})
