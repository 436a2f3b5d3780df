import { definePlugin } from '@agentproxy/plugin'
import type { Logger } from '@agentproxy/plugin'
import { config } from './config.ts'
import { LineFile } from './line-file.ts'
import { writeLine } from './write-line.ts'
import type { Visit } from './write-line.ts'

/** Requests under way whose path is remembered; far more than there are ever at once. */
const MAX_ASKED = 10_000

/** One line for each exchange, from hooks alone: it costs no middleware, and nothing at all where it writes nowhere. */
export const accessLog = definePlugin({
  name: 'access-log',
  version: '0.1.0',
  description: 'One line for each exchange, to a file or stderr',
  config,
  setup(ctx) {
    const { file: path, stderr, format, maxBytes, keep } = ctx.config
    if (path === null && !stderr) return
    const file = path === null ? null : new LineFile({ path, maxBytes, keep, changed: teller(ctx.log, path) })
    if (file !== null) {
      ctx.onDispose(() => file.close())
      ctx.health(() =>
        file.failing
          ? { status: 'warn', output: 'The access log cannot be written.', details: { lost: file.dropped } }
          : { status: 'pass', details: { lost: file.dropped } },
      )
    }
    const asked = new Map<string, Visit['asked']>()
    ctx.hook(
      'request.received',
      ({ exchangeId, method, path: target }) => {
        if (asked.size < MAX_ASKED) asked.set(exchangeId, { method, path: target })
      },
      { order: 'pre' },
    )
    ctx.hook('exchange.end', (end) => {
      const visit = { end, at: new Date(), asked: asked.get(end.exchangeId) ?? null }
      asked.delete(end.exchangeId)
      const line = writeLine(visit, format)
      file?.add(line)
      if (stderr) process.stderr.write(`${line}\n`)
    })
  },
})

function teller(log: Logger, path: string): (state: 'failing' | 'working', reason: string) => void {
  return (state, reason) => {
    if (state === 'working') log.info('The access log is written again', { path })
    else
      log.warn('The access log cannot be written, its lines are lost; requests are served as before', {
        path,
        reason,
      })
  }
}
