import type { HealthStatus } from '@agentproxy/plugin'
import type { PluginRecord } from '../lifecycle/plugin-record.ts'
import type { PluginHealth } from './health-probe.ts'

/** How all plugins are, together and each. */
export interface HealthReport {
  /** `fail` if any check fails; `warn` if any warns, or a plugin failed to load or is disabled. */
  readonly status: HealthStatus
  /** Milliseconds since 1970. */
  readonly checkedAt: number
  /** Plugins that have a check, and those that failed to load or are disabled, by name. */
  readonly plugins: Readonly<Record<string, PluginHealth>>
}

export interface HealthMonitorOptions {
  readonly records: ReadonlyMap<string, PluginRecord>
  /** Milliseconds each check may take. */
  readonly timeoutMs: number
  /** Milliseconds a report serves those who ask again. */
  readonly cacheMs: number
}

const RANK: Readonly<Record<HealthStatus, number>> = { pass: 0, warn: 1, fail: 2 }

/** Asks all plugins how they are: at once, each with its own limit, once however many wait for the answer. */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions
  #version = 0
  #running: Promise<HealthReport> | null = null
  #last: { readonly report: HealthReport; readonly until: number } | null = null

  constructor(options: HealthMonitorOptions) {
    this.#options = options
  }

  check(): Promise<HealthReport> {
    if (this.#last !== null && performance.now() < this.#last.until) return Promise.resolve(this.#last.report)
    this.#running ??= this.#run(this.#version)
    return this.#running
  }

  /** The set of plugins changed: what was found, or is being found, serves nobody who asks from now on. */
  forget(): void {
    this.#version += 1
    this.#last = null
    this.#running = null
  }

  async #run(version: number): Promise<HealthReport> {
    const found = await Promise.all([...this.#options.records.values()].map((record) => this.#ask(record)))
    const plugins = Object.fromEntries(found.flat())
    const report = { status: worst(Object.values(plugins)), checkedAt: Date.now(), plugins }
    if (this.#version === version) {
      this.#running = null
      this.#last = { report, until: performance.now() + this.#options.cacheMs }
    }
    return report
  }

  async #ask({ name, status, live, problem }: PluginRecord): Promise<readonly [string, PluginHealth][]> {
    if (status === 'failed' || status === 'disabled')
      return [[name, { status: 'warn', output: problem?.message ?? '', details: {}, durationMs: 0 }]]
    const probe = live?.probe() ?? null
    return probe === null ? [] : [[name, await probe.ask(this.#options.timeoutMs)]]
  }
}

function worst(checks: readonly PluginHealth[]): HealthStatus {
  return checks.reduce<HealthStatus>((so, { status }) => (RANK[status] > RANK[so] ? status : so), 'pass')
}
