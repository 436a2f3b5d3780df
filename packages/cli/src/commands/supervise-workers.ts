import { loadOwnerToken, openListener } from '@agentproxy/gateway'
import { stateDirOf } from '../app/paths.ts'
import { announceServer } from '../app/running-server.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import type { ServeFlags } from '../args/options.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load-config.ts'
import { CliError } from '../errors.ts'
import { countWorkers } from '../workers/worker-count.ts'
import { WorkerPool } from '../workers/worker-pool.ts'
import { addressOf, listenError, sourcesOf } from './open-server.ts'

/** What a worker may take to end beyond the time for what is in flight: to close its plugins and its store. */
const CLOSING_MS = 15_000
const STOPPED = 130

/**
 * Serves with several processes, and is none of them: it accepts connections and gives each to a worker, replaces those that
 * die, and hands on what one has to tell the others. SIGHUP replaces them all, without a gap. Ends as `serve` does.
 */
export async function superviseWorkers(
  invocation: Invocation,
  flags: GlobalFlags & ServeFlags,
  config: Config,
): Promise<number> {
  const { env, terminal, crashed } = invocation
  if (flags.record !== undefined || flags.replay !== undefined)
    throw new CliError('USAGE', '--record and --replay need one process alone', {
      hint: 'Leave out --workers, or give --workers 1.',
    })
  const warn = (line: string): void => terminal.err.write(`${line}\n`)
  const { drainMs } = config.server
  // Before the first worker, so that they all find the same one.
  await loadOwnerToken({ stateDir: stateDirOf(env), env })
  const listener = await openListener(addressOf(flags, config)).catch((error: unknown) => {
    throw listenError(error)
  })
  const count = async (): Promise<number> =>
    countWorkers(flags.workers ?? (await loadConfig(sourcesOf(invocation, flags))).server.workers)
  const pool = new WorkerPool({ url: listener.url, count, endMs: drainMs + CLOSING_MS, warn })
  listener.onConnection((socket) => pool.serve(socket))
  // Whatever ends this process ends them.
  process.once('exit', () => pool.kill())
  const stopped = nextEnd(pool, crashed)
  try {
    const announcement = await Promise.race([pool.start(), stopped.then(() => null)])
    if (announcement === null) return STOPPED
    const withdraw = await announceServer(stateDirOf(env), listener.url)
    terminal.out.write(announcement)
    const reason = await Promise.race([stopped, pool.gaveUp])
    await withdraw()
    if (typeof reason === 'number') return reason
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(STOPPED))
    warn(`${reason}: finishing what is in flight, at most ${drainMs / 1000} s; once more ends it at once`)
    return await pool.stop()
  } finally {
    listener.close()
  }
}

/** The first signal that ends a service. SIGHUP is one only where it says that the terminal is gone. */
function nextEnd(pool: WorkerPool, crashed: AbortSignal): Promise<string> {
  const hasTerminal = process.stdin.isTTY
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
    process.on('SIGHUP', () => {
      if (hasTerminal) resolve('SIGHUP')
      else void pool.roll()
    })
    crashed.addEventListener('abort', () => resolve('SIGTERM'), { once: true })
  })
}
