import type { ServerResponse } from 'node:http'
import type { EventRing } from './event-ring.ts'

export interface EventReaderOptions {
  readonly response: ServerResponse
  readonly ring: EventRing
  /** Id of the last event the client has; null = it wants new ones only. */
  readonly lastId: number | null
  /** How often a comment shows that the connection lives. */
  readonly heartbeatMs: number
  /** Longest time a client may leave everything unread. */
  readonly stallMs: number
}

/**
 * Sends events to one client as fast as it reads. Nothing waits for it: it takes from the ring, and what the ring lost
 * meanwhile it is told in a `gap` event. One that reads nothing for too long is let go.
 */
export function readEvents(options: EventReaderOptions): void {
  const { response, ring, heartbeatMs, stallMs } = options
  let cursor = options.lastId ?? ring.last
  let blockedSince: number | null = null
  const write = (text: string): void => {
    if (!response.write(text)) blockedSince ??= performance.now()
  }
  const pump = (): void => {
    if (blockedSince !== null) return
    const { events, missed } = ring.after(cursor)
    if (missed !== 0) {
      cursor = (events[0]?.id ?? ring.last + 1) - 1
      write(`id: ${cursor}\nevent: gap\ndata: ${JSON.stringify({ missed })}\n\n`)
    }
    for (const { id, text } of events) {
      if (blockedSince !== null) return
      cursor = id
      write(text)
    }
  }
  const beat = (): void => {
    if (blockedSince === null) write(': keep-alive\n\n')
    else if (performance.now() - blockedSince > stallMs) response.destroy()
  }
  const silence = ring.listen(pump)
  const timer = setInterval(beat, heartbeatMs)
  response.on('drain', () => {
    blockedSince = null
    pump()
  })
  response.on('error', () => {})
  response.once('close', () => {
    clearInterval(timer)
    silence()
  })
  // A browser's EventSource shows that it is connected only once bytes came.
  write(': connected\n\n')
  pump()
}
