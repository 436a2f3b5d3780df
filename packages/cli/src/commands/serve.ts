import { ENDING_SIGNALS } from '../app/ending-signals.ts'
import { stateDirOf } from '../app/paths.ts'
import { announceServer } from '../app/running-server.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import type { ServeFlags } from '../args/options.ts'
import { loadConfig } from '../config/load-config.ts'
import { connectToPrimary } from '../workers/primary-link.ts'
import { countWorkers } from '../workers/worker-count.ts'
import { openServer, sourcesOf } from './open-server.ts'
import { serveAsWorker } from './serve-as-worker.ts'
import { superviseWorkers } from './supervise-workers.ts'

/** Serves until a signal, then finishes what is in flight. A second signal exits at once. */
export async function serve(invocation: Invocation, flags: GlobalFlags & ServeFlags): Promise<number> {
  if (flags.worker !== undefined) return serveAsWorker(invocation, flags, connectToPrimary(flags.worker))
  const config = await loadConfig(sourcesOf(invocation, flags))
  if (countWorkers(flags.workers ?? config.server.workers) > 1)
    return superviseWorkers(invocation, flags, config)
  return serveAlone(invocation, flags)
}

async function serveAlone(invocation: Invocation, flags: GlobalFlags & ServeFlags): Promise<number> {
  const { env, terminal } = invocation
  const warn = (line: string): void => terminal.err.write(`${line}\n`)
  const stopped = nextSignal(invocation.crashed)
  const { app, gateway, tasks, url, drainMs, announcement } = await openServer({
    invocation,
    flags,
    warn,
    worker: null,
  })
  try {
    app.cleanup.defer('serve.json', await announceServer(stateDirOf(env), url))
    terminal.out.write(announcement)
    const signal = await stopped
    process.once(signal, () => process.exit(130))
    warn(`${signal}: finishing what is in flight, at most ${drainMs / 1000} s; once more ends it at once`)
    await Promise.all([tasks?.close(), gateway.close({ drainMs })])
    return 0
  } finally {
    await app.close()
  }
}

/** The first signal of the sort that ends a service; SIGTERM stands for a failure that nobody caught. */
function nextSignal(crashed: AbortSignal): Promise<(typeof ENDING_SIGNALS)[number]> {
  return new Promise((resolve) => {
    for (const signal of ENDING_SIGNALS) process.once(signal, () => resolve(signal))
    crashed.addEventListener('abort', () => resolve('SIGTERM'), { once: true })
  })
}
