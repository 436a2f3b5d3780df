import type { Store } from '@agentproxy/store'
import type { LoggedEvent, TaskEvent } from '@agentproxy/supervisor'

const PAGE = 500

/** A session's log from its first entry. */
export async function* readSessionLog(store: Store, sessionId: string): AsyncGenerator<LoggedEvent> {
  let afterSeq = 0
  for (;;) {
    const page = await store.events.list(sessionId, { afterSeq, limit: PAGE })
    for (const { seq, at, payload } of page) {
      yield { seq, at, payload: payload as TaskEvent }
      afterSeq = seq
    }
    if (page.length < PAGE) return
  }
}
