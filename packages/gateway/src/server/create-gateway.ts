import type { AddressInfo, Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { HealthReport, PluginHost } from '@agentproxy/kernel'
import type { Logger } from '@agentproxy/plugin'
import type { Store, StoreHealth } from '@agentproxy/store'
import { AccountBook } from '../accounts/account-book.ts'
import type { AccountStatus } from '../accounts/account-book.ts'
import { listAccounts } from '../admin/accounts-route.ts'
import type { PluginAdmin } from '../admin/plugin-admin.ts'
import { TokenBook } from '../access/token-book.ts'
import type { TaskToken } from '../access/token-book.ts'
import { GatewayError } from '../errors.ts'
import { PatientLedger } from '../money/patient-ledger.ts'
import { PriceBook } from '../money/price-book.ts'
import type { PriceOverride } from '../money/price-book.ts'
import { SpendingGuard } from '../money/spending-guard.ts'
import type { TaskBudget, UsedUp } from '../money/spending-guard.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { RetryBudget } from '../exchange/retry-budget.ts'
import { TaskLimits } from '../exchange/task-limits.ts'
import { NO_KEYS, openRecording } from '../recording/open-recording.ts'
import type { OpenRecording, RecordingOptions } from '../recording/open-recording.ts'
import { UpstreamPools } from '../relay/upstream-pools.ts'
import { ModelDirectory } from '../routing/model-directory.ts'
import type { Aliases } from '../routing/resolve-model.ts'
import { ResponseState } from '../state/response-state.ts'
import { EventHub } from '../events/event-hub.ts'
import { LocalEvents } from '../events/event-log.ts'
import { SharedEvents } from '../events/shared-events.ts'
import { ExchangeMetrics } from '../metrics/exchange-metrics.ts'
import type { Peers } from '../peers/peers.ts'
import { shareHealth } from '../peers/share-health.ts'
import { countAll } from '../routes/watch-routes.ts'
import type { Watched } from '../routes/watch-routes.ts'
import { routingOptions } from '../routing/routing-options.ts'
import type { HostRoute } from '../routes/host-routes.ts'
import type { RoutingSettings } from '../routing/routing-options.ts'
import type { GatewayState } from './admit.ts'
import { Admission } from './admission.ts'
import { buildApp } from './build-app.ts'
import { closeGently, emptied, leaveGently } from './close-gently.ts'
import { listenFailure, loopbackAddress, urlOf } from './loopback-address.ts'
import type { ListenAddress } from './loopback-address.ts'
import { defaultLimits } from './limits.ts'
import type { GatewayLimits } from './limits.ts'

export interface GatewayOptions {
  /** The plugins: providers, hooks. */
  readonly host: PluginHost
  /** Where finished exchanges are recorded; null = nowhere. */
  readonly exchanges: Pick<Store['exchanges'], 'add'> | null
  /** What was recorded so far, for `GET /usage`. Default: there is no such route. */
  readonly ledger?: Pick<Store['exchanges'], 'usage'>
  /** What is put aside of budgets, shared by all gateways on one store. Default: no budget and no limited key can be set. */
  readonly holds?: Store['holds']
  /** Keys for programs. A new or revoked one is noticed with the next request. Default: there are none. */
  readonly keys?: Pick<Store['keys'], 'find' | 'get'>
  /** Where conversations of the Responses format are kept, for `previous_response_id`. Default: nowhere. */
  readonly responses?: Store['responses']
  readonly log: Logger
  /** See `loadOwnerToken`. */
  readonly ownerToken: string
  readonly version: string
  /** How the plugins are, for `GET /health`. Default: the gateway speaks for itself alone. */
  readonly health?: () => Promise<HealthReport>
  /** How the store is, for the same. Default: nothing is said of it. */
  readonly storeHealth?: () => Promise<StoreHealth>
  /** For the routes that list and manage plugins and run their tools; most often the same as `host`. Default: there are none. */
  readonly plugins?: PluginAdmin
  /** Other names for models: each with its targets, which are tried in order. */
  readonly aliases?: Aliases
  /** Prices of one's own, by `provider/model`; they go before those that are shipped. */
  readonly prices?: Readonly<Record<string, PriceOverride>>
  /** Where upstreams' keys are. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly limits?: Partial<GatewayLimits>
  /** How upstreams are retried, waited for and replaced, and how accounts share the calls. */
  readonly routing?: RoutingSettings
  /**
   * `strict` refuses, before any upstream is called, a request whose translation would drop or change something.
   * Default `report`: it is sent, and what was lost is told.
   */
  readonly loss?: 'report' | 'strict'
  /** Further routes, for the owner alone. Default: none. */
  readonly routes?: readonly HostRoute[]
  /** Records upstream calls into a folder, or answers them from it. Default: neither. */
  readonly recording?: RecordingOptions
  /** The other processes that serve the same address. Default: there are none. */
  readonly peers?: Peers
}

/** An HTTP server for model calls. */
export interface Gateway {
  /**
   * Loopback only; port 0 takes a free one. `sharedUrl` is where connections that are given to `accept` came in. Throws
   * `PORT_IN_USE`, `HOST_NOT_LOOPBACK`, `LISTEN_FAILED`, `CLOSED`.
   */
  listen(where: ListenAddress & { readonly sharedUrl?: string }): Promise<{ url: string }>
  /** Serves a connection that another process accepted, of which nothing has been read. */
  accept(socket: Socket): void
  /** A token that works until the task's tokens are revoked. All tokens of a task have one budget, the last that was given. */
  issueTaskToken(token: TaskToken & { readonly budget?: TaskBudget }): string
  /** The budget that a call of this task was refused for; null = none was. */
  budgetUsedUp(taskId: string): UsedUp | null
  /** When calls of this task are taken again, milliseconds since 1970, if the last was refused for their number; null = it was not. */
  limitedUntil(taskId: string): number | null
  revokeTaskTokens(taskId: string): void
  /** Tells who watches `GET /events` of something that is not the gateway's own; `data` is sent as JSON. */
  publish(type: string, data: unknown): void
  /** How the accounts of every loaded provider are. No secret is in it. */
  accounts(): readonly AccountStatus[]
  /** Refuses new requests from now on, and waits until those in flight have finished, at most `drainMs`. */
  drain(drainMs: number): Promise<void>
  /**
   * Takes no more requests, gives those in flight `drainMs` to finish, then ends them and everything else. With `handOver`
   * other processes take new connections: nothing is refused here, and whoever is connected is led to them.
   */
  close(options: { readonly drainMs: number; readonly handOver?: boolean }): Promise<void>
}

/** Makes a gateway; nothing listens until `listen`. Throws `TOKEN_INVALID`, `RECORDING_UNREADABLE`. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  if (options.ownerToken === '')
    throw new GatewayError('TOKEN_INVALID', 'The owner token is empty. Take it from loadOwnerToken.')
  const { keys = null, ledger = null, plugins = null, peers = null } = options
  const metrics = new ExchangeMetrics()
  const eventLog = peers === null ? new LocalEvents() : new SharedEvents(peers)
  const events = new EventHub(eventLog, { plugins, worker: peers?.id ?? null })
  const recording =
    options.recording === undefined ? null : await openRecording(options.recording, options.log)
  const records = options.exchanges === null ? null : new PatientLedger(options.exchanges)
  const runtime = createRuntime(options, {
    exchanges: told(records, { metrics, events }),
    onContinued: (provider) => metrics.addContinued(provider),
    recording,
  })
  const tokens = new TokenBook(options.ownerToken, keys)
  const state: GatewayState = { ports: [], closing: false, leaving: false }
  const check = options.health === undefined ? null : shareHealth(options.health, peers)
  const health = { version: options.version, check, store: options.storeHealth ?? null }
  const watched = { runtime, metrics, events, plugins, version: options.version, peers }
  const hostRoutes = options.routes ?? []
  const app = buildApp({
    runtime,
    tokens,
    health,
    state,
    plugins,
    ledger,
    watched,
    hostRoutes,
  })
  await app.ready()
  const doors = connections(app, state, watched)
  return {
    async listen(where) {
      if (state.closing) throw new GatewayError('CLOSED', 'The gateway is closed. Make a new one.')
      const address = await listen(app, where)
      const { sharedUrl } = where
      state.ports = [...(sharedUrl === undefined ? [] : [Number(new URL(sharedUrl).port)]), address.port]
      return { url: urlOf(address) }
    },
    ...taskTokens(tokens, runtime),
    publish: (type, data) => events.publish(type, data),
    accounts: () => listAccounts(runtime),
    ...doors,
    close: (how) => doors.close(how).finally(() => records?.close()),
  }
}

/** How connections of others come in, and how all are brought to an end. */
function connections(
  app: FastifyInstance,
  state: GatewayState,
  watched: Watched,
): Pick<Gateway, 'accept' | 'drain' | 'close'> {
  const { runtime, events, peers } = watched
  const guests = new Set<Socket>()
  const closing = { app, open: runtime.open, pools: runtime.pools, guests }
  let closed: Promise<void> | null = null
  return {
    accept(socket) {
      if (closed !== null && !state.leaving) return void socket.destroy()
      guests.add(socket)
      socket.once('close', () => void guests.delete(socket))
      app.server.emit('connection', socket)
      socket.resume()
    },
    async drain(drainMs) {
      state.closing = true
      events.close()
      runtime.admission.close()
      await emptied(runtime.open, drainMs)
    },
    close({ drainMs, handOver = false }) {
      if (handOver) state.leaving = true
      else state.closing = true
      if (!handOver) runtime.admission.close()
      events.close()
      const ended = handOver ? leaveGently : closeGently
      closed ??= ended(closing, drainMs).then(() =>
        peers?.send({ kind: 'counted', families: countAll(watched) }),
      )
      return closed
    },
  }
}

function createRuntime(
  options: GatewayOptions,
  {
    exchanges,
    onContinued,
    recording,
  }: Pick<GatewayRuntime, 'exchanges' | 'onContinued'> & { readonly recording: OpenRecording | null },
): GatewayRuntime {
  const { host, log, responses, keys = null, holds = null } = options
  const prices = new PriceBook(options.prices)
  const routing = routingOptions(options.routing)
  const limits = { ...defaultLimits, ...options.limits }
  return {
    host,
    exchanges,
    prices,
    spending: new SpendingGuard({ prices, holds, keys, log }),
    log,
    env: options.recording?.mode === 'replay' ? NO_KEYS : (options.env ?? process.env),
    limits,
    admission: new Admission(limits),
    routing,
    accounts: new AccountBook(routing.accounts, options.peers),
    retries: new RetryBudget(routing.retries.budgetRatio),
    strict: options.loss === 'strict',
    aliases: options.aliases ?? {},
    directory: new ModelDirectory(log),
    responses: responses === undefined ? null : new ResponseState(responses, log),
    pools: new UpstreamPools(routing.timeouts, recording),
    onContinued,
    taskLimits: new TaskLimits(),
    open: new Set(),
  }
}

type TaskTokens = Pick<Gateway, 'issueTaskToken' | 'budgetUsedUp' | 'limitedUntil' | 'revokeTaskTokens'>

function taskTokens(
  tokens: TokenBook,
  { spending, taskLimits }: Pick<GatewayRuntime, 'spending' | 'taskLimits'>,
): TaskTokens {
  return {
    issueTaskToken({ budget, ...token }) {
      if (budget !== undefined) spending.limitTask(token.taskId, budget)
      return tokens.issue(token)
    },
    budgetUsedUp: (taskId) => spending.usedUp(taskId),
    limitedUntil: (taskId) => taskLimits.until(taskId),
    revokeTaskTokens(taskId) {
      tokens.revoke(taskId)
      spending.forgetTask(taskId)
      taskLimits.forget(taskId)
    },
  }
}

/** Records an exchange, and tells of it first who counts and watches. */
function told(
  exchanges: GatewayOptions['exchanges'],
  { metrics, events }: { readonly metrics: ExchangeMetrics; readonly events: EventHub },
): Pick<Store['exchanges'], 'add'> {
  return {
    async add(record) {
      metrics.add(record)
      events.exchangeEnded(record)
      await exchanges?.add(record)
    },
  }
}

async function listen(app: FastifyInstance, where: ListenAddress): Promise<AddressInfo> {
  const address = loopbackAddress(where)
  try {
    await app.listen(address)
  } catch (error) {
    throw listenFailure(where, error)
  }
  return app.server.address() as AddressInfo
}
