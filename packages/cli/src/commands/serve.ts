import { createGateway, GatewayError, loadOwnerToken } from '@agentproxy/gateway'
import type { Gateway, RecordingOptions } from '@agentproxy/gateway'
import type { Logger } from '@agentproxy/plugin'
import { ENDING_SIGNALS } from '../app/ending-signals.ts'
import { openApp } from '../app/open-app.ts'
import type { App } from '../app/open-app.ts'
import { expandPath, stateDirOf } from '../app/paths.ts'
import type { Env } from '../app/paths.ts'
import { announceServer } from '../app/running-server.ts'
import { localPluginsOf } from '../args/invocation.ts'
import { watchConfig } from '../app/watch-config.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import type { ServeFlags } from '../args/options.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load-config.ts'
import { CliError } from '../errors.ts'
import { readVersion } from '../version.ts'
import { openLogger } from './open-logger.ts'
import { greet, listening } from './serve-greeting.ts'
import { tellPlugins } from './tell-plugins.ts'

const DRAIN_MS = 10_000

/** Serves until a signal, then finishes what is in flight. A second signal exits at once. */
export async function serve(invocation: Invocation, flags: GlobalFlags & ServeFlags): Promise<number> {
  const { env, cwd, terminal } = invocation
  const warn = (line: string): void => terminal.err.write(`${line}\n`)
  const sources = { env, cwd, projectDir: null, extraFile: flags.config ?? null }
  const config = await loadConfig(sources)
  const host = flags.host ?? config.server.host
  const port = flags.port ?? config.server.port
  const log = await openLogger(invocation, flags, warn)
  const watch = flags.watch ?? true
  const app = await openApp({
    command: 'serve',
    config,
    env,
    log,
    plugins: 'providers',
    localFolder: localPluginsOf(invocation),
    watch,
    warn,
  })
  try {
    const { token, file } = await loadOwnerToken({ stateDir: stateDirOf(env), env })
    const recording = recordingOf(invocation, flags)
    const gateway = await openGateway(app, { config, log, env, ownerToken: token, recording })
    if (recording !== null) warn(RECORDING[recording.mode](recording.folder))
    app.cleanup.defer('the gateway', () => gateway.close({ drainMs: 0 }))
    const stopped = nextSignal(invocation.crashed)
    const configWatch = watchConfig({ sources, config, plugins: app.plugins, tell: warn })
    app.cleanup.defer('the watch on the configuration', () => configWatch.close())
    const { url } = await gateway.listen({ host, port }).catch((error: unknown) => {
      throw listenError(error)
    })
    app.cleanup.defer('serve.json', await announceServer(stateDirOf(env), url))
    const { plugins } = app.plugins.getPluginStatus()
    const { pluginFolder: folder } = app
    if (flags.json) terminal.out.write(`${JSON.stringify(listening({ url, tokenFile: file, plugins }))}\n`)
    else terminal.out.write(greet({ url, tokenFile: file, plugins, folder, watch }))
    if (watch) app.cleanup.defer('news of plugins', tellPlugins(app.plugins, warn))
    const signal = await stopped
    process.once(signal, () => process.exit(130))
    warn(`${signal}: finishing what is in flight, at most ${DRAIN_MS / 1000} s; once more ends it at once`)
    await gateway.close({ drainMs: DRAIN_MS })
    return 0
  } finally {
    await app.close()
  }
}

interface GatewayParts {
  readonly config: Config
  readonly log: Logger
  readonly env: Env
  readonly ownerToken: string
  readonly recording: RecordingOptions | null
}

const RECORDING = {
  record: (folder: string) =>
    `upstream calls are recorded in ${folder}: prompts and answers, but no credentials`,
  replay: (folder: string) => `upstreams are replayed from ${folder}: none is called`,
} as const

function recordingOf({ cwd, env }: Invocation, { record, replay }: ServeFlags): RecordingOptions | null {
  if (replay !== undefined) return { mode: 'replay', folder: expandPath(replay, cwd, env) }
  return record === undefined ? null : { mode: 'record', folder: expandPath(record, cwd, env) }
}

function openGateway(app: App, { config, log, env, ownerToken, recording }: GatewayParts): Promise<Gateway> {
  return createGateway({
    host: app.plugins,
    plugins: app.plugins,
    exchanges: app.store.exchanges,
    ledger: app.store.exchanges,
    holds: app.store.holds,
    keys: app.store.keys,
    prices: config.prices,
    responses: app.store.responses,
    log,
    ownerToken,
    version: readVersion(),
    health: () => app.plugins.healthCheck(),
    storeHealth: () => app.store.health(),
    aliases: config.models,
    loss: config.routing.loss,
    routing: config.routing,
    env,
    ...(recording !== null && { recording }),
  })
}

/** The first signal of the sort that ends a service; SIGTERM stands for a failure that nobody caught. */
function nextSignal(crashed: AbortSignal): Promise<(typeof ENDING_SIGNALS)[number]> {
  return new Promise((resolve) => {
    for (const signal of ENDING_SIGNALS) process.once(signal, () => resolve(signal))
    crashed.addEventListener('abort', () => resolve('SIGTERM'), { once: true })
  })
}

function listenError(error: unknown): unknown {
  if (!GatewayError.is(error) || error.code !== 'PORT_IN_USE') return error
  return new CliError('LISTEN_FAILED', error.message, {
    hint: 'Give another port with --port (0 = any free one), or stop what uses this one.',
    cause: error,
  })
}
