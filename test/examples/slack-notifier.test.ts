import { afterEach, expect, test, vi } from 'vitest'
import { runTask, tempFolder, writeFiles } from './run-task.ts'
import { startWebhook } from './webhook.ts'

afterEach(() => vi.unstubAllEnvs())

/** Runs a task whose agent writes this word, and posts to that URL. */
async function notify(url: string | undefined, word: string, objective = 'Make the check pass.') {
  vi.stubEnv('AGENTPROXY_SECRETS__SLACK_NOTIFIER__WEBHOOK_URL', url)
  const folder = tempFolder({ 'a.txt': 'broken' })
  return runTask({
    example: 'slack-notifier',
    folder,
    contract: { objective },
    agent: () => writeFiles(folder, { 'a.txt': word }),
  })
}

test('posts a task that is done, as JSON, before the run returns', async () => {
  const { url, posted } = await startWebhook(200, 300)
  const { report, log } = await notify(url, 'fixed', 'Make the check pass.\nAnd be quick.')
  expect(report.outcome).toBe('done')
  const text = `:white_check_mark: *done*: Make the check pass.\n${report.message}\n1 turn, 1 file changed`
  expect(posted).toEqual([
    { method: 'POST', path: '/services/T000/s3cr3t', type: 'application/json', body: { text } },
  ])
  expect(log).not.toContain('s3cr3t')
})

test('posts a task that is not done, and none of its words becomes markup', async () => {
  const { url, posted } = await startWebhook(200)
  const { report } = await notify(url, 'nothing', 'Tell <!channel> & <http://example.org|all>')
  expect(report.outcome).toBe('capped')
  const start = ':x: *capped*: Tell &lt;!channel&gt; &amp; &lt;http://example.org|all&gt;\n'
  expect(posted).toMatchObject([{ body: { text: expect.stringMatching(/^:x: \*capped/) } }])
  expect(JSON.stringify(posted[0]?.body)).toContain(JSON.stringify(start).slice(1, -1))
})

test('a webhook that refuses or is not there is logged without its URL and changes nothing', async () => {
  const { url, posted } = await startWebhook(500)
  const refused = await notify(url, 'fixed')
  expect(refused.report.outcome).toBe('done')
  expect(posted).toHaveLength(1)
  expect(refused.log).toContain('the webhook answered 500')
  const absent = await notify('http://127.0.0.1:1/services/T000/s3cr3t', 'fixed')
  expect(absent.report.outcome).toBe('done')
  expect(absent.log).toContain('asked http://127.0.0.1:1')
  expect(`${refused.log}${absent.log}`).not.toContain('s3cr3t')
})

test('without a URL says which variable to set', async () => {
  const { report, log } = await notify(undefined, 'fixed')
  expect(report.outcome).toBe('done')
  expect(log).toContain('set AGENTPROXY_SECRETS__SLACK_NOTIFIER__WEBHOOK_URL')
})
