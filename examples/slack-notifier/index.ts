// Says in a Slack channel how each task ended. Any service that takes {"text": "..."} at a webhook will do.
import { definePlugin } from '@agentproxy/plugin'
import type { TaskEnd } from '@agentproxy/plugin'

const LIMIT_MS = 8000
const TEXT_CHARACTERS = 2000

export default definePlugin({
  name: 'slack-notifier',
  version: '1.0.0',
  description: 'Posts the end of every task to a Slack webhook',
  setup(ctx) {
    const post = async (text: string): Promise<void> => {
      // The URL is the secret. Asked for at each use, so that a new one needs no reload.
      const url = await ctx.secrets.get('WEBHOOK_URL')
      if (url === null) {
        ctx.log.warn('nobody is told: set AGENTPROXY_SECRETS__SLACK_NOTIFIER__WEBHOOK_URL')
        return
      }
      const response = await ctx.http(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
        timeoutMs: LIMIT_MS,
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`the webhook answered ${response.status}`)
    }
    // The command waits for these before it exits. What they throw is logged and changes nothing about the task.
    ctx.hook('task.complete', (end) => post(`:white_check_mark: ${describe(end)}`), { timeoutMs: LIMIT_MS })
    ctx.hook('task.error', (end) => post(`:x: ${describe(end)}`), { timeoutMs: LIMIT_MS })
  },
})

function describe({ prompt, outcome, message, turns, filesChanged }: TaskEnd): string {
  const task = prompt.split('\n', 1)[0] ?? ''
  const lines = [
    `*${outcome}*: ${task}`,
    message,
    `${count(turns, 'turn')}, ${count(filesChanged.length, 'file')} changed`,
  ]
  return escape(lines.join('\n').slice(0, TEXT_CHARACTERS))
}

function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`
}

/** Slack reads these three as markup; a task's words must not become a mention or a link. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
