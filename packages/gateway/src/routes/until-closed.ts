import type { FastifyReply } from 'fastify'
import type { GatewayRuntime } from '../exchange/runtime.ts'

/** Aborted when nobody waits for the answer any more. Closing the gateway waits for it as for an exchange. */
export function untilClosed({ open }: GatewayRuntime, { raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  const stop = (): void => controller.abort(new Error('the gateway is shutting down'))
  open.add(stop)
  raw.once('close', () => {
    open.delete(stop)
    if (!raw.writableFinished) controller.abort(new Error('the caller has gone'))
  })
  return controller.signal
}
