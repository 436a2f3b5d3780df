import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import type { ServeFlags } from '../args/options.ts'
import type { PrimaryLink, WorkerEnd } from '../workers/primary-link.ts'
import { openServer } from './open-server.ts'

/** Without its primary nobody sends it connections any more. */
const ORPHAN_DRAIN_MS = 2_000

/** Serves as one of several processes until its primary ends it, or is gone. */
export async function serveAsWorker(
  invocation: Invocation,
  flags: GlobalFlags & ServeFlags,
  link: PrimaryLink,
): Promise<number> {
  const { terminal, crashed } = invocation
  const warn = (line: string): void => terminal.err.write(`worker ${link.id}: ${line}\n`)
  const beginning = await Promise.race([link.begin, link.ended])
  if (typeof beginning === 'string') return 0
  const { url, disabledPlugins } = beginning
  const { app, gateway, drainMs, announcement } = await openServer({
    invocation,
    flags,
    warn,
    worker: { peers: link.peers, url, disabledPlugins },
  })
  try {
    link.onLead(() => void app.plugins.startTasks())
    link.onConnection((socket) => gateway.accept(socket))
    link.send({ kind: 'ready', announcement })
    const end = await Promise.race([link.ended, failure(crashed)])
    await app.plugins.stopTasks()
    link.send({ kind: 'resigned' })
    if (end === 'stop') {
      await gateway.drain(drainMs)
      link.send({ kind: 'drained' })
      await link.released
      await gateway.close({ drainMs: 0 })
    } else {
      const limitMs = end === 'orphaned' ? Math.min(drainMs, ORPHAN_DRAIN_MS) : drainMs
      await gateway.close({ drainMs: limitMs, handOver: true })
    }
    return 0
  } finally {
    await app.close()
  }
}

/** A worker in which something failed that nobody caught ends in order, and the others go on. */
function failure(crashed: AbortSignal): Promise<WorkerEnd> {
  return new Promise((resolve) => {
    crashed.addEventListener('abort', () => resolve('handOver'), { once: true })
  })
}
