import { createGateway, GatewayError, loadOwnerToken } from '@agentproxy/gateway'
import type { Gateway, HostRoute, Peers, RecordingOptions } from '@agentproxy/gateway'
import type { Logger } from '@agentproxy/plugin'
import { gatewayBasics } from '../app/gateway-supervisor.ts'
import { keepRetention } from '../app/keep-retention.ts'
import { openApp } from '../app/open-app.ts'
import type { App } from '../app/open-app.ts'
import { expandPath, stateDirOf } from '../app/paths.ts'
import type { Env } from '../app/paths.ts'
import { watchConfig } from '../app/watch-config.ts'
import { localPluginsOf } from '../args/invocation.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import type { ServeFlags } from '../args/options.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load-config.ts'
import type { ConfigSources } from '../config/load-config.ts'
import { CliError } from '../errors.ts'
import { TaskService } from '../service/task-service.ts'
import { openLogger } from './open-logger.ts'
import { greet, listening } from './serve-greeting.ts'
import { tellPlugins } from './tell-plugins.ts'

export interface OpenServerOptions {
  readonly invocation: Invocation
  readonly flags: GlobalFlags & ServeFlags
  /** What is odd, and what becomes of plugins, in lines for a person. */
  readonly warn: (line: string) => void
  /** This process is one of several that serve the same address; null = it serves alone. */
  readonly worker: WorkerPlace | null
}

/** What a worker's server is told of the whole. */
interface WorkerPlace {
  readonly peers: Peers
  /** Where clients connect. */
  readonly url: string
  /** Plugins that are not to be active, whatever the configuration says. */
  readonly disabledPlugins: readonly string[]
}

/** A server that listens. */
export interface OpenServer {
  readonly app: App
  readonly gateway: Gateway
  /** null = this process is one of several, which run no tasks. */
  readonly tasks: TaskService | null
  readonly url: string
  /** How long what is in flight may take to finish, in milliseconds. */
  readonly drainMs: number
  /** What is said on standard output, for people or with `--json` for programs. */
  readonly announcement: string
}

export function sourcesOf({ env, cwd }: Invocation, flags: GlobalFlags): ConfigSources {
  return { env, cwd, projectDir: null, extraFile: flags.config ?? null }
}

/** Opens plugins and gateway, and listens. Nothing stays open if it throws. */
export async function openServer(options: OpenServerOptions): Promise<OpenServer> {
  const { invocation, flags, warn, worker } = options
  const { env } = invocation
  const sources = sourcesOf(invocation, flags)
  const config = await loadConfig(sources)
  const log = await openLogger(invocation, flags, warn)
  const watch = flags.watch ?? true
  const localFolder = localPluginsOf(invocation)
  // Of several processes one runs the tasks, and is told so later.
  const runTasks = worker === null
  const app = await openApp({
    command: 'serve',
    config,
    env,
    log,
    plugins: worker === null ? 'all' : 'providers',
    localFolder,
    watch,
    runTasks,
    warn,
  })
  try {
    await withoutPlugins(app, worker?.disabledPlugins ?? [])
    const { token, file: tokenFile } = await loadOwnerToken({ stateDir: stateDirOf(env), env })
    const recording = recordingOf(invocation, flags)
    // Several processes share an address, and a task belongs to one.
    const tasks = worker === null ? new TaskService({ app, config, sources, log }) : null
    const routes = tasks?.routes ?? []
    const gateway = await openGateway(app, { config, log, env, ownerToken: token, recording, worker, routes })
    if (recording !== null) warn(RECORDING[recording.mode](recording.folder))
    app.cleanup.defer('the deleting of old sessions', keepRetention({ config, store: app.store, env, log }))
    app.cleanup.defer('the gateway', () => gateway.close({ drainMs: 0 }))
    const configWatch = watchConfig({ sources, config, plugins: app.plugins, tell: warn })
    app.cleanup.defer('the watch on the configuration', () => configWatch.close())
    const url = worker === null ? await listen(gateway, addressOf(flags, config)) : worker.url
    // Its own door is for what must come to this process; other clients come through the primary.
    if (worker !== null) await gateway.listen({ host: '127.0.0.1', port: 0, sharedUrl: url })
    app.cleanup.defer('the tasks', () => tasks?.close())
    await tasks?.start(gateway, url)
    const { plugins } = app.plugins.getPluginStatus()
    const announcement = flags.json
      ? `${JSON.stringify(listening({ url, tokenFile, plugins }))}\n`
      : greet({ url, tokenFile, plugins, folder: app.pluginFolder, watch })
    if (watch) app.cleanup.defer('news of plugins', tellPlugins(app.plugins, warn))
    return { app, gateway, tasks, url, drainMs: config.server.drainMs, announcement }
  } catch (error) {
    await app.close()
    throw error
  }
}

async function withoutPlugins({ plugins }: App, names: readonly string[]): Promise<void> {
  const active = plugins.getPluginStatus().plugins.filter(({ status }) => status === 'active')
  for (const { name } of active) if (names.includes(name)) await plugins.unloadPlugin(name)
}

interface GatewayParts {
  readonly config: Config
  readonly log: Logger
  readonly env: Env
  readonly ownerToken: string
  readonly recording: RecordingOptions | null
  readonly worker: WorkerPlace | null
  readonly routes: readonly HostRoute[]
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

function openGateway(app: App, parts: GatewayParts): Promise<Gateway> {
  const { config, log, env, ownerToken, recording, worker, routes } = parts
  return createGateway({
    ...gatewayBasics(app, { config, log, env }),
    plugins: app.plugins,
    keys: app.store.keys,
    responses: app.store.responses,
    ownerToken,
    health: () => app.plugins.healthCheck(),
    storeHealth: () => app.store.health(),
    limits: config.server.limits,
    routes,
    ...(recording !== null && { recording }),
    ...(worker !== null && { peers: worker.peers }),
  })
}

/** Where clients are to connect. */
export function addressOf(
  flags: ServeFlags,
  config: Config,
): { readonly host: string; readonly port: number } {
  return { host: flags.host ?? config.server.host, port: flags.port ?? config.server.port }
}

async function listen(gateway: Gateway, address: ReturnType<typeof addressOf>): Promise<string> {
  try {
    return (await gateway.listen(address)).url
  } catch (error) {
    throw listenError(error)
  }
}

/** Says what to do about a port that is taken. */
export function listenError(error: unknown): unknown {
  if (!GatewayError.is(error) || error.code !== 'PORT_IN_USE') return error
  return new CliError('LISTEN_FAILED', error.message, {
    hint: 'Give another port with --port (0 = any free one), or stop what uses this one.',
    cause: error,
  })
}
