interface TaskOptions {
  /** Up to so many milliseconds, by chance, are added to each wait. Default 0. */
  readonly jitterMs?: number
  /** Milliseconds after which a run counts as failed and its signal is aborted. Default 60000. */
  readonly timeoutMs?: number
}

/** Runs again and again, with a pause between. A run never begins before the one before it has ended. */
export interface IntervalSchedule extends TaskOptions {
  /** Milliseconds from the end of one run to the beginning of the next; after a failure it doubles, up to an hour. */
  readonly everyMs: number
  readonly cron?: never
  readonly timeZone?: never
  /** Whether the first run waits as well. Default false: it begins as soon as the plugin is active. */
  readonly skipInitialRun?: boolean
}

/** Runs at set times. A time that comes while a run is under way, or while it backs off after failures, is left out. */
export interface CronSchedule extends TaskOptions {
  /** Five fields (minute, hour, day of month, month, day of week), or six with seconds first: `0 3 * * *`. */
  readonly cron: string
  readonly everyMs?: never
  /** An IANA name, such as `Europe/Berlin`. Default: the process's own. */
  readonly timeZone?: string
  /** Whether the task waits for its first set time. Default true. */
  readonly skipInitialRun?: boolean
}

/** When a task runs. */
export type TaskSchedule = IntervalSchedule | CronSchedule

export interface TaskRun {
  /** Aborted when the run takes too long, and when the plugin goes. */
  readonly signal: AbortSignal
}

/** What runs: `false`, or a throw, is a failure; anything else is a success. */
export type TaskWork = (run: TaskRun) => unknown
