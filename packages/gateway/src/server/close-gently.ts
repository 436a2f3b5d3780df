import type { FastifyInstance } from 'fastify'
import type { Interruption } from '../exchange/interrupt.ts'
import type { UpstreamPools } from '../relay/upstream-pools.ts'

export interface Closing {
  readonly app: FastifyInstance
  readonly open: ReadonlySet<(cause: Interruption) => void>
  readonly pools: UpstreamPools
}

const LOOK_EVERY_MS = 20
/** Time for the error events of interrupted streams to reach their clients. */
const LAST_WORDS_MS = 200

/**
 * Waits for exchanges in flight, interrupts those that are late, then stops listening and closes every socket. New requests
 * are refused meanwhile, but heard: a refused connection would tell `GET /readyz` less than its 503.
 */
export async function closeGently({ app, open, pools }: Closing, drainMs: number): Promise<void> {
  await emptied(open, drainMs)
  for (const stop of open) stop('shutdown')
  await emptied(open, LAST_WORDS_MS)
  const closed = app.close()
  app.server.closeAllConnections()
  await closed
  await pools.destroy()
}

async function emptied(open: ReadonlySet<unknown>, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs
  while (open.size > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
