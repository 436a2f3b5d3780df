/** When an interval task runs. A run never begins before the one before it has ended. */
export interface IntervalSchedule {
  /** Milliseconds from the end of one run to the beginning of the next; after a failure it doubles, up to an hour. */
  readonly everyMs: number
  /** Up to so many milliseconds, by chance, are added to each wait. Default 0. */
  readonly jitterMs?: number
  /** Whether the first run waits as well. Default false: it begins as soon as the plugin is active. */
  readonly skipInitialRun?: boolean
  /** Milliseconds after which a run counts as failed and its signal is aborted. Default 60000. */
  readonly timeoutMs?: number
}

export interface IntervalRun {
  /** Aborted when the run takes too long, and when the plugin goes. */
  readonly signal: AbortSignal
}

/** What runs: `false`, or a throw, is a failure; anything else is a success. */
export type IntervalWork = (run: IntervalRun) => unknown
