import { PluginError } from '@agentproxy/plugin'
import type { TaskSchedule, TaskWork } from '@agentproxy/plugin'
import { textOf } from '../text-of.ts'
import { completeSchedule, LONGEST_WAIT_MS } from './complete-schedule.ts'
import type { CompleteSchedule } from './complete-schedule.ts'

/** How much too early, by the clock of the day, a timer may be. */
const EARLIEST_MS = 1000

/** One task, as status pages show it. Times are milliseconds since 1970; null = not yet, or not any more. */
export interface TaskStatus {
  readonly name: string
  /** For people: `every 60000 ms`, or the cron pattern and its time zone. */
  readonly schedule: string
  readonly running: boolean
  readonly runs: number
  readonly failures: number
  readonly lastRunAt: number | null
  readonly lastDurationMs: number | null
  /** What the last run failed with; null = it succeeded. */
  readonly lastError: string | null
  readonly nextRunAt: number | null
}

export interface ScheduledTaskOptions {
  readonly plugin: string
  readonly generation: number
  readonly name: string
  readonly schedule: TaskSchedule
  readonly work: TaskWork
  /** Told of each failure. */
  failed(error: PluginError): void
  /** Told as a run begins, and as it has ended, however long after its time limit. */
  busy(running: boolean): void
  /** Told of each run that has ended. */
  ran(durationMs: number, success: boolean): void
}

/** Runs one plugin's work by its schedule, never two runs at once, more and more seldom while it fails. */
export class ScheduledTask {
  readonly #options: ScheduledTaskOptions
  readonly #schedule: CompleteSchedule
  #state: 'idle' | 'started' | 'stopped' = 'idle'
  #timer: NodeJS.Timeout | undefined
  #run: AbortController | null = null
  /** The set time of the run to come, or of the latest. */
  #due = 0
  #failuresInRow = 0
  #status: Omit<TaskStatus, 'name' | 'schedule' | 'running'> = {
    runs: 0,
    failures: 0,
    lastRunAt: null,
    lastDurationMs: null,
    lastError: null,
    nextRunAt: null,
  }

  /** Throws PLUGIN_INVALID for a schedule that cannot be kept. */
  constructor(options: ScheduledTaskOptions) {
    this.#options = options
    this.#schedule = completeSchedule(options.schedule, `plugin ${options.plugin}: task ${options.name}`)
  }

  get status(): TaskStatus {
    return {
      name: this.#options.name,
      schedule: this.#schedule.text,
      running: this.#run !== null,
      ...this.#status,
    }
  }

  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'started'
    const now = Date.now()
    this.#plan(this.#schedule.skipInitialRun ? this.#schedule.next(0, now) : now)
  }

  /** Begins no further run, and aborts the signal of one that is under way. */
  stop(): void {
    this.#state = 'stopped'
    clearTimeout(this.#timer)
    this.#status = { ...this.#status, nextRunAt: null }
    const { plugin, name } = this.#options
    this.#run?.abort(new PluginError('DISPOSED', `task ${name} of plugin ${plugin} was stopped`, { plugin }))
  }

  /** Waits until the time given, in as many steps as timers need; null = it never comes again. */
  #plan(at: number | null): void {
    this.#due = at ?? 0
    const jittered = at === null ? null : at + Math.round(Math.random() * this.#schedule.jitterMs)
    this.#status = { ...this.#status, nextRunAt: jittered }
    if (jittered !== null) this.#wait(jittered)
  }

  /** The time now; where the timer was a little early, the time it was set for, lest a set time come twice. */
  #afterDue(): number {
    const now = Date.now()
    return this.#due > now && this.#due - now < EARLIEST_MS ? this.#due : now
  }

  #wait(until: number): void {
    const left = Math.max(0, until - Date.now())
    const step = Math.min(left, LONGEST_WAIT_MS)
    this.#timer = setTimeout(() => (step < left ? this.#wait(until) : void this.#work()), step).unref()
  }

  async #work(): Promise<void> {
    const run = new AbortController()
    const started = performance.now()
    const { failures } = this.#status
    this.#run = run
    this.#status = { ...this.#status, lastRunAt: Date.now(), nextRunAt: null, runs: this.#status.runs + 1 }
    this.#options.busy(true)
    const { timeoutMs } = this.#schedule
    const limit = setTimeout(() => {
      if (run.signal.aborted) return
      const error = this.#error('TASK_TIMEOUT', `took longer than ${timeoutMs} ms`, undefined)
      this.#fail(error)
      run.abort(error)
    }, timeoutMs).unref()
    try {
      const result = await this.#options.work({ signal: run.signal })
      if (!run.signal.aborted) this.#settle(result)
    } catch (thrown) {
      if (!run.signal.aborted) this.#fail(this.#error('TASK_FAILED', `failed: ${textOf(thrown)}`, thrown))
    } finally {
      clearTimeout(limit)
      this.#run = null
      const durationMs = performance.now() - started
      this.#status = { ...this.#status, lastDurationMs: durationMs }
      this.#options.ran(durationMs, this.#status.failures === failures)
      this.#options.busy(false)
      if (this.#state === 'started') this.#plan(this.#schedule.next(this.#failuresInRow, this.#afterDue()))
    }
  }

  #settle(result: unknown): void {
    if (result === false) return this.#fail(this.#error('TASK_FAILED', 'returned false', undefined))
    this.#failuresInRow = 0
    this.#status = { ...this.#status, lastError: null }
  }

  #fail(error: PluginError): void {
    this.#failuresInRow += 1
    this.#status = { ...this.#status, failures: this.#status.failures + 1, lastError: error.message }
    this.#options.failed(error)
  }

  #error(code: 'TASK_FAILED' | 'TASK_TIMEOUT', what: string, cause: unknown): PluginError {
    const { plugin, generation, name } = this.#options
    const message = `plugin ${plugin} (generation ${generation}), task ${name}: ${what}`
    return new PluginError(code, message, { plugin, cause })
  }
}
