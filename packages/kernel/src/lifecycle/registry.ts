import { PluginError } from '@agentproxy/plugin'
import type { HookName } from '@agentproxy/plugin'
import type { PluginSource } from '../load/plugin-source.ts'
import type { MetricsBook } from '../metrics/metrics-book.ts'
import { nearest } from '../nearest.ts'
import { compileSnapshot } from '../snapshot/compile.ts'
import type { Report } from '../snapshot/handler.ts'
import { orderHooks } from '../snapshot/hook-order.ts'
import type { ObserverGauge } from '../snapshot/observe.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { Generation } from './generation.ts'
import { planOrder } from './graph.ts'
import { createRecord } from './plugin-record.ts'
import type { PluginRecord } from './plugin-record.ts'

export interface RegistryOptions {
  readonly report: Report
  /** Where calls of handlers are counted; null = they are not. */
  readonly book: MetricsBook | null
  /** Makes a snapshot the one that serves: a single assignment. */
  publish(snapshot: Snapshot): void
}

/** Which plugins are known, which of their generations serve, and the one way to change that. */
export class Registry {
  readonly records = new Map<string, PluginRecord>()
  readonly #options: RegistryOptions
  readonly #gauges = new Map<HookName, ObserverGauge>()
  #generations: ReadonlyMap<string, Generation> = new Map()

  constructor(options: RegistryOptions) {
    this.#options = options
  }

  /** The generations that serve, by plugin, in load order. */
  get generations(): ReadonlyMap<string, Generation> {
    return this.#generations
  }

  /** The handlers of each hook, in the order in which they are called. */
  get hookOrder(): ReturnType<typeof orderHooks> {
    return orderHooks(inDependencyOrder(this.#generations))
  }

  /** Observer runs left out because too many were pending, by hook. */
  get dropped(): Readonly<Record<string, number>> {
    const gauges = [...this.#gauges].filter(([, gauge]) => gauge.dropped > 0)
    return Object.fromEntries(gauges.map(([hook, gauge]) => [hook, gauge.dropped]))
  }

  /** Gives a plugin's record; throws PLUGIN_NOT_FOUND with the nearest name. */
  find(name: string): PluginRecord {
    const record = this.records.get(name)
    if (record !== undefined) return record
    const near = nearest(name, [...this.records.keys()])
    const hint = near === null ? '' : `; did you mean ${near}?`
    throw new PluginError('PLUGIN_NOT_FOUND', `there is no plugin ${name}${hint}`, { plugin: name })
  }

  /** The record to load a plugin into; throws PLUGIN_DUPLICATE where one of that name serves. */
  claim(name: string, source: PluginSource): PluginRecord {
    const known = this.records.get(name)
    if (known?.status === 'active')
      throw new PluginError(
        'PLUGIN_DUPLICATE',
        `plugin ${name} is already loaded from ${known.source.origin}; unload it first, or reload it`,
        { plugin: name },
      )
    const record = known ?? createRecord(name, source)
    record.source = source
    this.records.set(name, record)
    return record
  }

  /**
   * Compiles the given generations and publishes them, all or nothing. Throws on a conflict or a cycle and leaves
   * everything as it was. Gives back those that no longer serve, in load order.
   */
  swap(next: ReadonlyMap<string, Generation>): readonly Generation[] {
    const snapshot = compileSnapshot(inDependencyOrder(next), {
      report: this.#options.report,
      book: this.#options.book,
      gauge: (hook) => this.#gauge(hook),
    })
    const retired = [...this.#generations.values()].filter((old) => next.get(old.plugin) !== old)
    this.#generations = next
    for (const generation of retired) generation.retire()
    for (const generation of next.values()) generation.state = 'live'
    this.#options.publish(snapshot)
    return retired
  }

  #gauge(hook: HookName): ObserverGauge {
    const gauge = this.#gauges.get(hook) ?? { pending: 0, dropped: 0 }
    this.#gauges.set(hook, gauge)
    return gauge
  }
}

function inDependencyOrder(generations: ReadonlyMap<string, Generation>): readonly Generation[] {
  const { order, problems } = planOrder([...generations.values()])
  for (const problem of problems.values()) throw problem
  return order.flatMap((name) => generations.get(name) ?? [])
}
