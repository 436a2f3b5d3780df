import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startWebhook } from '../examples/webhook.ts'
import type { Bench } from './bench.ts'
import { createBench, jsonLines, taskArgs } from './bench.ts'

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

/** Runs the sample's task with one of the examples loaded from its folder. */
function runWith(
  example: string,
  scenario: string,
  options: { readonly flags?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const folder = fileURLToPath(new URL(`../../examples/${example}`, import.meta.url))
  return bench.command(taskArgs(scenario, ...(options.flags ?? [])), {
    env: { AGENTPROXY_PLUGINS: folder, ...options.env },
  })
}

test('fleet-hooks: refuses a tree that is not clean, and undoes what an agent left that did not get there', async () => {
  const source = await readFile(path.join(bench.project, 'test/sum.test.js'), 'utf8')
  await bench.write('project/mine.txt', 'mine\n')
  const refused = await runWith('fleet-hooks', 'fix')
  expect(refused.code).toBe(18)
  expect(jsonLines(refused.stdout).at(-1)?.['message']).toContain('commit or stash first: mine.txt')
  await bench.git('add', 'mine.txt')
  await bench.git('commit', '--quiet', '-m', 'mine')

  const failed = await runWith('fleet-hooks', 'breaks-tests', { flags: ['--max-turns', '1'] })
  const report = jsonLines(failed.stdout).at(-1)
  expect(report).toMatchObject({ outcome: 'capped', changes: [{ path: 'test/sum.test.js' }] })
  expect(failed.stderr).toContain('rolled back to before the task: test/sum.test.js')
  expect(await readFile(path.join(bench.project, 'test/sum.test.js'), 'utf8')).toBe(source)
  expect(await bench.git('status', '--porcelain')).toBe('')
  expect((await bench.command(['diff', String(report?.['sessionId'])])).stdout).toContain('+test.skip(')

  expect((await runWith('fleet-hooks', 'fix')).code).toBe(0)
  expect(await bench.git('status', '--porcelain')).toBe(' M src/sum.js\n')
  expect(await bench.git('for-each-ref', 'refs/fleet-hooks')).toBe('')
})

test('slack-notifier: the command waits for a slow webhook, and the URL is in no log', async () => {
  const { url, posted } = await startWebhook(200, 1500)
  const env = { AGENTPROXY_SECRETS__SLACK_NOTIFIER__WEBHOOK_URL: url, AGENTPROXY_LOG: 'debug' }
  const { code, stdout, stderr } = await runWith('slack-notifier', 'fix', { env })
  expect(code).toBe(0)
  expect(posted).toMatchObject([
    { body: { text: expect.stringContaining('*done*: make the failing test pass') } },
  ])
  expect(`${stdout}${stderr}`).not.toContain('s3cr3t')
})
