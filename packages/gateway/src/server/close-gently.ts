import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Interruption } from '../exchange/interrupt.ts'
import type { UpstreamPools } from '../relay/upstream-pools.ts'

export interface Closing {
  readonly app: FastifyInstance
  readonly open: ReadonlySet<(cause: Interruption) => void>
  readonly pools: UpstreamPools
  /** Connections that another process accepted. */
  readonly guests: ReadonlySet<Socket>
}

const LOOK_EVERY_MS = 20
/** A connection that asked nothing for so long is hardly about to ask just when it is closed. */
const IDLE_MS = 1_000
/** Time for the error events of interrupted streams to reach their clients. */
const LAST_WORDS_MS = 200

/**
 * Waits for exchanges in flight, interrupts those that are late, then stops listening and closes every socket. New requests
 * are refused meanwhile, but heard: a refused connection would tell `GET /readyz` less than its 503.
 */
export async function closeGently(closing: Closing, drainMs: number): Promise<void> {
  await emptied(closing.open, drainMs)
  await endAll(closing)
}

/**
 * The same where other processes are given the new connections: goes on serving those who are connected. Each answer from now
 * on closes its connection, so that the next request comes to another process.
 */
export async function leaveGently(closing: Closing, drainMs: number): Promise<void> {
  const { server } = closing.app
  const deadline = performance.now() + drainMs
  await pause(Math.min(IDLE_MS, drainMs))
  do {
    server.closeIdleConnections()
    await emptied(closing.guests, LOOK_EVERY_MS)
  } while (closing.open.size + closing.guests.size > 0 && performance.now() < deadline)
  await endAll(closing)
}

async function endAll({ app, open, pools }: Closing): Promise<void> {
  for (const stop of open) stop('shutdown')
  await emptied(open, LAST_WORDS_MS)
  const closed = app.close()
  app.server.closeAllConnections()
  await closed
  await pools.destroy()
}

/** Waits until nothing is left, or the time is up. */
export async function emptied(open: ReadonlySet<unknown>, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs
  while (open.size > 0 && performance.now() < deadline) {
    await pause(LOOK_EVERY_MS)
  }
}
