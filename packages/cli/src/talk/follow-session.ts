import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@agentproxy/store'
import type { LoggedEvent, TaskEvent } from '@agentproxy/supervisor'

const PAGE = 500
const POLL_MS = 200

export interface Following {
  readonly afterSeq: number
  /** Aborting it ends the following, without an error. */
  readonly signal: AbortSignal
}

/** A session's log as it grows, whichever process writes it, until the task has ended. Nothing is left out. */
export async function* followSession(
  store: Store,
  sessionId: string,
  { afterSeq, signal }: Following,
): AsyncGenerator<LoggedEvent> {
  let seen = afterSeq
  let ended = false
  for (;;) {
    const page = await store.events.list(sessionId, { afterSeq: seen, limit: PAGE })
    for (const { seq, at, payload } of page) {
      if (signal.aborted) return
      const event = payload as TaskEvent
      yield { seq, at, payload: event }
      seen = seq
      if (event.type === 'task.finished') ended = true
      if (event.type === 'task.resumed') ended = false
    }
    if (page.length === PAGE) continue
    if (ended || signal.aborted) return
    await sleep(POLL_MS, undefined, { signal }).catch(() => {})
  }
}
