import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '@agentproxy/store'
import type { TaskEvent } from '@agentproxy/supervisor'

const PAGE = 200
const POLL_MS = 200
const HEARTBEAT_MS = 15_000
const RETRY_MS = 1_000

export interface EventStreamOptions {
  readonly store: Store
  readonly sessionId: string
  /** The last event the client has; null = it wants to know how things are, and then what changes. */
  readonly after: number | null
  /** The task as it is, with the `seq` it is true for. */
  readonly snapshot: () => Promise<{ readonly seq: number }>
  readonly signal: AbortSignal
}

/**
 * A task's events as server-sent events (html.spec.whatwg.org, 9.2), until it has ended: each has its place in the log as
 * its id, so that a client that comes back misses none. They are read from the log as fast as the client takes them;
 * what is no longer there is told as a `gap`.
 */
export async function* eventStream(options: EventStreamOptions): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const text of frames(options)) yield encoder.encode(text)
}

async function* frames({
  store,
  sessionId,
  after,
  snapshot,
  signal,
}: EventStreamOptions): AsyncGenerator<string> {
  yield `retry: ${RETRY_MS}\n\n`
  let seen = after
  if (seen === null || seen > (await snapshot()).seq) {
    const known = seen
    const task = await snapshot()
    // An id from another log: what the client knows is not of this one.
    if (known !== null) yield frame(task.seq, 'gap', { missed: null })
    yield frame(task.seq, 'snapshot', task)
    seen = task.seq
  }
  let ended = (await store.sessions.get(sessionId))?.outcome !== null
  let sentAt = performance.now()
  while (!signal.aborted) {
    const page = await store.events.list(sessionId, { afterSeq: seen, limit: PAGE })
    for (const { seq, at, payload } of page) {
      if (seq > seen + 1) yield frame(seq - 1, 'gap', { missed: seq - 1 - seen })
      const event = payload as TaskEvent
      yield frame(seq, event.type, { seq, at, ...event })
      seen = seq
      sentAt = performance.now()
      if (event.type === 'task.finished') ended = true
      if (event.type === 'task.resumed') ended = false
    }
    if (page.length === PAGE) continue
    if (ended) return
    if (performance.now() - sentAt > HEARTBEAT_MS) {
      yield ': keep-alive\n\n'
      sentAt = performance.now()
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => {})
  }
}

function frame(id: number, event: string, data: object): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
