import type { Logger } from '@agentproxy/plugin'
import { parseMoment } from '@agentproxy/gateway'
import type { Store } from '@agentproxy/store'
import type { Config } from '../config/config.ts'
import { cleanUp } from './clean-up.ts'
import type { Env } from './paths.ts'

const DAY_MS = 86_400_000

export interface RetentionOptions {
  readonly config: Config
  readonly store: Store
  readonly env: Env
  readonly log: Logger
}

/** Deletes what `retention` says is too old, now and once a day. The returned function ends that. */
export function keepRetention({ config, store, env, log }: RetentionOptions): () => Promise<void> {
  const { sessions: span } = config.retention
  if (span === null) return async () => {}
  const clean = async (): Promise<void> => {
    const before = parseMoment(span, Date.now())
    if (before === null) return
    try {
      const { sessions } = await cleanUp({ store, env, before, dryRun: false })
      if (sessions.length > 0)
        log.info('Old sessions were deleted', { count: sessions.length, olderThan: span })
    } catch (error) {
      log.warn('Deleting old sessions failed', { reason: String(error) })
    }
  }
  let running = clean()
  const timer = setInterval(() => {
    running = running.then(clean)
  }, DAY_MS).unref()
  return () => {
    clearInterval(timer)
    return running
  }
}
