import type { SandboxMetrics } from '../sandbox/sandbox-metrics.ts'
import { CallStats } from './call-stats.ts'
import type { CallMetrics } from './call-stats.ts'

/** One plugin's calls, over all its generations. */
export interface PluginMetrics extends Omit<CallMetrics, 'histogram'> {
  readonly tools: Readonly<Record<string, CallMetrics>>
  readonly tasks: Readonly<Record<string, CallMetrics>>
  /** Counted only while `monitoring` is enabled. An `around` handler's time includes what it wraps. */
  readonly hooks: Readonly<Record<string, CallMetrics>>
  /** Of a sandboxed plugin: its newest generation. */
  readonly sandbox?: SandboxMetrics
}

type Kind = 'tools' | 'tasks' | 'hooks'

/** Counts the calls of all plugins. */
export class MetricsBook {
  readonly #plugins = new Map<string, Readonly<Record<Kind, Map<string, CallStats>>>>()

  readonly #sandboxes = new Map<string, () => SandboxMetrics>()

  /** Shows a sandbox among its plugin's metrics, in place of the former generation's. */
  gauge(plugin: string, read: () => SandboxMetrics): void {
    this.#kindsOf(plugin)
    this.#sandboxes.set(plugin, read)
  }

  /** The counters of one tool, task or hook of a plugin. */
  of(plugin: string, kind: Kind, name: string): CallStats {
    const kinds = this.#kindsOf(plugin)
    const stats = kinds[kind].get(name) ?? new CallStats()
    kinds[kind].set(name, stats)
    return stats
  }

  #kindsOf(plugin: string): Readonly<Record<Kind, Map<string, CallStats>>> {
    const kinds = this.#plugins.get(plugin) ?? { tools: new Map(), tasks: new Map(), hooks: new Map() }
    this.#plugins.set(plugin, kinds)
    return kinds
  }

  read(): Readonly<Record<string, PluginMetrics>> {
    return Object.fromEntries(
      [...this.#plugins].map(([plugin, { tools, tasks, hooks }]) => {
        const metrics = { tools: readAll(tools), tasks: readAll(tasks), hooks: readAll(hooks) }
        const sandbox = this.#sandboxes.get(plugin)?.()
        return [plugin, { ...total(metrics), ...metrics, ...(sandbox === undefined ? {} : { sandbox }) }]
      }),
    )
  }
}

function readAll(stats: ReadonlyMap<string, CallStats>): Readonly<Record<string, CallMetrics>> {
  return Object.fromEntries([...stats].map(([name, one]) => [name, one.read()]))
}

function total(kinds: Readonly<Record<Kind, Readonly<Record<string, CallMetrics>>>>) {
  const sum = { calls: 0, errors: 0, totalMs: 0, maxMs: 0 }
  for (const { calls, errors, totalMs, maxMs } of Object.values(kinds).flatMap((kind) =>
    Object.values(kind),
  )) {
    sum.calls += calls
    sum.errors += errors
    sum.totalMs += totalMs
    sum.maxMs = Math.max(sum.maxMs, maxMs)
  }
  return sum
}
