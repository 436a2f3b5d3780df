/** `warn`: it works, but somebody should look. `fail`: it does not do its work. */
export type HealthStatus = 'pass' | 'warn' | 'fail'

export interface HealthResult {
  readonly status: HealthStatus
  /** One sentence for a person. */
  readonly output?: string
  /** Figures for a machine. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Tells how a plugin is. It must not make a paid call; `signal` is aborted when it takes too long. */
export type HealthCheck = (signal: AbortSignal) => HealthResult | PromiseLike<HealthResult>
