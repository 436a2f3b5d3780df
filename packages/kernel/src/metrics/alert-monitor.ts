import type { MetricsBook } from './metrics-book.ts'

export interface AlertThresholds {
  /** Failed calls of a plugin over all its calls of one interval, from 0 to 1. */
  readonly errorRate?: number
  /** Mean milliseconds a plugin's calls of one interval took. */
  readonly responseTime?: number
  /** Bytes of memory the whole process has resident: plugins share it. */
  readonly memoryUsage?: number
}

export interface MonitoringOptions {
  /** Whether hooks are counted and thresholds watched. */
  readonly enabled: boolean
  /** Milliseconds between two looks at the thresholds. Default 10000. */
  readonly metricsInterval?: number
  readonly alertThresholds?: AlertThresholds
}

/** A threshold was crossed: told once, and again only after a value below it. */
export interface PluginAlert {
  readonly threshold: keyof AlertThresholds
  readonly value: number
  readonly limit: number
}

/** `plugin` is null for what concerns the whole process. */
type Raise = (plugin: string | null, alert: PluginAlert) => void

interface Totals {
  readonly calls: number
  readonly errors: number
  readonly totalMs: number
}

const NONE: Totals = { calls: 0, errors: 0, totalMs: 0 }

/** Compares what happened in each interval with the thresholds. An interval without calls tells nothing. */
export class AlertMonitor {
  readonly #thresholds: AlertThresholds
  readonly #book: MetricsBook
  readonly #raise: Raise
  readonly #timer: NodeJS.Timeout
  readonly #before = new Map<string, Totals>()
  /** What is over its threshold, as told. */
  readonly #raised = new Set<string>()

  constructor(options: MonitoringOptions, book: MetricsBook, raise: Raise) {
    this.#thresholds = options.alertThresholds ?? {}
    this.#book = book
    this.#raise = raise
    this.#timer = setInterval(() => this.#look(), options.metricsInterval ?? 10_000).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.#compare(null, 'memoryUsage', process.memoryUsage.rss())
    for (const [plugin, now] of Object.entries(this.#book.read())) {
      const before = this.#before.get(plugin) ?? NONE
      this.#before.set(plugin, now)
      const calls = now.calls - before.calls
      if (calls === 0) continue
      this.#compare(plugin, 'errorRate', (now.errors - before.errors) / calls)
      this.#compare(plugin, 'responseTime', (now.totalMs - before.totalMs) / calls)
    }
  }

  #compare(plugin: string | null, threshold: keyof AlertThresholds, value: number): void {
    const limit = this.#thresholds[threshold]
    if (limit === undefined) return
    const key = `${threshold} ${plugin ?? ''}`
    if (value < limit) this.#raised.delete(key)
    else if (!this.#raised.has(key)) {
      this.#raised.add(key)
      this.#raise(plugin, { threshold, value, limit })
    }
  }
}
