import type { Logger, Plugin, PluginDefinition, ToolCallOptions } from '@agentproxy/plugin'
import { EventBus } from './events/event-bus.ts'
import { ManagerEmitter } from './events/manager-events.ts'
import type { ManagerEvents } from './events/manager-events.ts'
import { HealthMonitor } from './health/health-monitor.ts'
import type { HealthReport } from './health/health-monitor.ts'
import { configureAll } from './lifecycle/configure-all.ts'
import { PluginLifecycle } from './lifecycle/plugin-lifecycle.ts'
import { infoOf } from './lifecycle/plugin-record.ts'
import type { PluginInfo } from './lifecycle/plugin-record.ts'
import { Registry } from './lifecycle/registry.ts'
import { discoverPlugins } from './load/discover.ts'
import type { PluginSources } from './load/discover.ts'
import { loadAll } from './load/load-all.ts'
import type { LoadReport } from './load/load-all.ts'
import { moduleSource, valueSource } from './load/plugin-source.ts'
import { AlertMonitor } from './metrics/alert-monitor.ts'
import type { MonitoringOptions } from './metrics/alert-monitor.ts'
import { MetricsBook } from './metrics/metrics-book.ts'
import type { PluginMetrics } from './metrics/metrics-book.ts'
import type { DebugInfo, PluginManagerStatus } from './plugin-manager-status.ts'
import type { PluginManagerOptions } from './plugin-manager-options.ts'
import { emptySnapshot } from './snapshot/compile.ts'
import { hookOrderOf } from './snapshot/hook-order.ts'
import type { HookOrder } from './snapshot/hook-order.ts'
import type { PluginFailure } from './snapshot/handler.ts'
import type { AnyTool, PluginHost, Snapshot } from './snapshot/snapshot.ts'
import { environmentSecrets } from './secrets/secret-source.ts'
import { createStderrLog } from './stderr-log.ts'
import { createMemoryStorage } from './storage/memory-storage.ts'
import { ToolRunner } from './tools/tool-runner.ts'
import type { BatchToolCall, ToolOutcome } from './tools/tool-runner.ts'
import { Watching } from './watch/watching.ts'

/** Hosts plugins: loads, replaces and removes them, and publishes what they contribute as `live`. */
export class PluginManager implements PluginHost {
  /** What all active plugins contribute, right now. Replaced as a whole; take it once per request or task step. */
  live: Snapshot = emptySnapshot
  readonly #log: Logger
  readonly #bus = new EventBus()
  readonly #events: ManagerEmitter
  readonly #registry: Registry
  readonly #lifecycle: PluginLifecycle
  readonly #book = new MetricsBook()
  readonly #monitor: AlertMonitor | null
  readonly #maxFailures: number
  readonly #tools: ToolRunner
  readonly #health: HealthMonitor
  readonly #watching: Watching | null
  #runTasks: boolean
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: PluginManagerOptions = {}) {
    this.#log = options.log ?? createStderrLog()
    this.#runTasks = options.runTasks ?? true
    this.#events = new ManagerEmitter(this.#log)
    const report = (failure: PluginFailure): void => this.#report(failure)
    const monitoring = options.monitoring?.enabled === true ? options.monitoring : null
    this.#maxFailures = options.maxConsecutiveFailures ?? 20
    this.#registry = new Registry({
      report,
      book: monitoring === null ? null : this.#book,
      publish: (snapshot) => {
        this.live = snapshot
      },
    })
    this.#lifecycle = new PluginLifecycle({
      registry: this.#registry,
      events: this.#events,
      live: () => this.live,
      host: {
        log: this.#log,
        storage: options.storage ?? createMemoryStorage(),
        secrets: options.secrets ?? environmentSecrets(process.env),
        bus: this.#bus,
        report,
        book: this.#book,
        republish: () => void this.#registry.swap(this.#registry.generations),
        withdraw: (failure) => void this.#exclusive(() => this.#lifecycle.disable(failure)),
        runTasks: () => this.#runTasks,
        setupTimeoutMs: options.setupTimeoutMs ?? 10_000,
      },
    })
    const live = (): Snapshot => this.live
    this.#tools = new ToolRunner({ registry: this.#registry, bus: this.#bus, book: this.#book, live })
    this.#monitor = monitoring === null ? null : this.#alerting(monitoring)
    this.#health = new HealthMonitor({
      records: this.#registry.records,
      timeoutMs: options.healthTimeoutMs ?? 10_000,
      cacheMs: options.healthCacheMs ?? 5000,
    })
    this.#watching = options.hotReload === true ? this.#watch(options) : null
  }

  /** Loads a definition, an instance of a class plugin, a file, a folder, or an installed package. Rejects with why not. */
  loadPlugin(
    source: PluginDefinition | Plugin | string,
    options: { readonly config?: unknown } = {},
  ): Promise<PluginInfo> {
    const from = typeof source === 'string' ? moduleSource(source, process.cwd()) : valueSource(source)
    return this.#exclusive(async () => infoOf(await this.#lifecycle.load(from, options)))
  }

  /** Removes a plugin; PLUGIN_IN_USE while others need it, unless `cascade` removes them too. */
  unloadPlugin(name: string, options: { readonly cascade?: boolean } = {}): Promise<void> {
    return this.#exclusive(() => this.#lifecycle.unload(name, options.cascade ?? false))
  }

  /** Reads a plugin again and replaces it and those that need it. If that fails, everything stays as it was. */
  reloadPlugin(name: string): Promise<PluginInfo> {
    return this.#exclusive(async () => infoOf(await this.#lifecycle.reload(name)))
  }

  /** Gives a plugin new configuration by a reload; an invalid one is refused and the old one stays. */
  configurePlugin(name: string, config: unknown): Promise<PluginInfo> {
    return this.#exclusive(async () => infoOf(await this.#lifecycle.reload(name, { config })))
  }

  /** Configures several plugins, each by itself; rejects afterwards if some refused. */
  configurePlugins(configs: Readonly<Record<string, unknown>>): Promise<readonly PluginInfo[]> {
    return configureAll(configs, (name, config) => this.configurePlugin(name, config))
  }

  /** A plugin by name; throws PLUGIN_NOT_FOUND with the nearest name. */
  getPlugin(name: string): PluginInfo {
    return infoOf(this.#registry.find(name))
  }

  /** All plugins it knows, active or not, with what they add and why they failed. */
  getPluginStatus(): PluginManagerStatus {
    return {
      plugins: [...this.#registry.records.values()].map(infoOf),
      droppedObservations: this.#registry.dropped,
      subscriptions: this.#bus.size,
    }
  }

  /** Calls, errors and times by plugin, of its tools and tasks; of its hooks while monitoring is enabled. */
  getPluginMetrics(): Readonly<Record<string, PluginMetrics>> {
    return this.#book.read()
  }

  /** The handlers of each hook, in the order in which they are called. */
  getHookOrder(): HookOrder {
    return hookOrderOf(this.#registry.hookOrder)
  }

  /** Status, metrics, memory and calls in flight at once, for somebody who looks for a fault. No secrets. */
  getDebugInfo(): DebugInfo {
    const running = [...this.#registry.generations].map(([name, { activity }]) => [name, activity.running])
    return {
      node: process.version,
      uptimeMs: process.uptime() * 1000,
      memory: process.memoryUsage(),
      status: this.getPluginStatus(),
      metrics: this.getPluginMetrics(),
      running: Object.fromEntries(running) as Readonly<Record<string, number>>,
      watchedFolders: this.#watching?.watchedFolders ?? 0,
    }
  }

  /** From now on plugins' tasks run, in a host that was made with `runTasks: false`. */
  startTasks(): Promise<void> {
    return this.#exclusive(async () => {
      this.#runTasks = true
      for (const generation of this.#registry.generations.values()) generation.startTasks()
    })
  }

  /** No task begins any more, and those under way are aborted: another process is to run them. */
  stopTasks(): Promise<void> {
    return this.#exclusive(async () => {
      this.#runTasks = false
      for (const generation of this.#registry.generations.values()) generation.stopTasks()
    })
  }

  /** All tools by full name. */
  getAllTools(): Readonly<Record<string, AnyTool>> {
    return Object.fromEntries([...this.live.tools].map(([name, { value }]) => [name, value]))
  }

  /** Runs a tool and gives its value; rejects with a TOOL_* error. */
  executeTool(tool: string, parameters: unknown = {}, options: ToolCallOptions = {}): Promise<unknown> {
    return this.#tools.run({ tool, parameters, options })
  }

  /** Runs tools in parallel; each outcome stands for itself, in the order of the calls. */
  executeTools(calls: readonly BatchToolCall[]): Promise<readonly ToolOutcome[]> {
    return this.#tools.runAll(calls)
  }

  /** Asks all plugins how they are, at once. Never rejects: a check that throws or is slow fails by itself. */
  healthCheck(): Promise<HealthReport> {
    return this.#health.check()
  }

  /** Looks for plugins and loads them. Never rejects for a broken plugin: the report says what failed and why. */
  discoverAndInitialize(sources: PluginSources): Promise<LoadReport> {
    return this.#exclusive(async () => {
      const found = await discoverPlugins(sources)
      const target = { lifecycle: this.#lifecycle, registry: this.#registry }
      const report = await loadAll(found, sources, target)
      if (sources.watchFolder === true) this.#watching?.watchFolderOf(sources, found)
      return report
    })
  }

  /** Removes all plugins, last loaded first; files and thresholds are watched no more. */
  shutdownAll(): Promise<void> {
    this.#watching?.close()
    this.#monitor?.close()
    return this.#exclusive(() => this.#lifecycle.shutdown())
  }

  /** Hears of loads, reloads and failures until the returned undo is called. */
  on<Event extends keyof ManagerEvents>(
    event: Event,
    listener: (...details: ManagerEvents[Event]) => void,
  ): Disposable {
    return this.#events.on(event, listener)
  }

  #watch(manager: PluginManagerOptions): Watching {
    const exclusive = <T>(change: () => Promise<T>): Promise<T> => this.#exclusive(change)
    const [registry, lifecycle, log] = [this.#registry, this.#lifecycle, this.#log]
    return new Watching({ registry, lifecycle, log, manager, exclusive })
  }

  #alerting(options: MonitoringOptions): AlertMonitor {
    return new AlertMonitor(options, this.#book, (plugin, alert) => {
      this.#log.warn('a threshold is crossed', { plugin, ...alert })
      this.#events.emit('plugin.alert', plugin, alert)
    })
  }

  /** Changes of the set of plugins run one after another, in the order they were asked for. */
  #exclusive<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(change).finally(() => {
      this.#health.forget()
      this.#watching?.sync()
    })
    this.#queue = result.catch(() => {})
    return result
  }

  #report(failure: PluginFailure): void {
    const { plugin, generation, error, failuresInRow } = failure
    const record = this.#registry.records.get(plugin)
    if (record !== undefined) record.counters.failures += 1
    this.#log.error('a plugin failed', { plugin, generation, code: error.code, reason: error.message })
    this.#events.emit('plugin.error', plugin, failure)
    if (this.#monitor !== null && error.hook !== undefined) this.#book.of(plugin, 'hooks', error.hook).fail()
    if (failuresInRow === this.#maxFailures) void this.#exclusive(() => this.#lifecycle.disable(failure))
  }
}
