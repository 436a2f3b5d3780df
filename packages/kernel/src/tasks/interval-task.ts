import { PluginError } from '@agentproxy/plugin'
import type { IntervalSchedule, IntervalWork } from '@agentproxy/plugin'
import { textOf } from '../text-of.ts'

const DEFAULT_TIMEOUT_MS = 60_000
/** Milliseconds a wait may grow to by failures, unless the interval itself is longer. */
const BACK_OFF_LIMIT_MS = 3_600_000
/** The longest wait a timer can hold. */
const LONGEST_WAIT_MS = 2_147_483_647

/** One interval task, as status pages show it. Times are milliseconds since 1970; null = not yet, or not any more. */
export interface IntervalStatus {
  readonly name: string
  readonly everyMs: number
  readonly running: boolean
  readonly runs: number
  readonly failures: number
  readonly lastRunAt: number | null
  readonly lastDurationMs: number | null
  /** What the last run failed with; null = it succeeded. */
  readonly lastError: string | null
  readonly nextRunAt: number | null
}

export interface IntervalTaskOptions {
  readonly plugin: string
  readonly generation: number
  readonly name: string
  readonly schedule: IntervalSchedule
  readonly work: IntervalWork
  /** Told of each failure. */
  failed(error: PluginError): void
  /** Told as a run begins, and as it has ended, however long after its time limit. */
  busy(running: boolean): void
  /** Told of each run that has ended. */
  ran(durationMs: number, success: boolean): void
}

/** Runs one plugin's work at intervals, never two runs at once, more and more seldom while it fails. */
export class IntervalTask {
  readonly #options: IntervalTaskOptions
  readonly #schedule: Required<IntervalSchedule>
  #state: 'idle' | 'started' | 'stopped' = 'idle'
  #timer: NodeJS.Timeout | undefined
  #run: AbortController | null = null
  #failuresInRow = 0
  #status: Omit<IntervalStatus, 'name' | 'everyMs' | 'running'> = {
    runs: 0,
    failures: 0,
    lastRunAt: null,
    lastDurationMs: null,
    lastError: null,
    nextRunAt: null,
  }

  /** Throws PLUGIN_INVALID for a schedule that cannot be kept. */
  constructor(options: IntervalTaskOptions) {
    this.#options = options
    this.#schedule = completeSchedule(options)
  }

  get status(): IntervalStatus {
    const { name, schedule } = this.#options
    return { name, everyMs: schedule.everyMs, running: this.#run !== null, ...this.#status }
  }

  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'started'
    this.#wait(this.#schedule.skipInitialRun ? this.#schedule.everyMs : 0)
  }

  /** Begins no further run, and aborts the signal of one that is under way. */
  stop(): void {
    this.#state = 'stopped'
    clearTimeout(this.#timer)
    this.#status = { ...this.#status, nextRunAt: null }
    const { plugin, name } = this.#options
    this.#run?.abort(new PluginError('DISPOSED', `task ${name} of plugin ${plugin} was stopped`, { plugin }))
  }

  #wait(ms: number): void {
    const wait = Math.min(ms + Math.random() * this.#schedule.jitterMs, LONGEST_WAIT_MS)
    this.#status = { ...this.#status, nextRunAt: Date.now() + Math.round(wait) }
    this.#timer = setTimeout(() => void this.#work(), wait).unref()
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
      if (this.#state === 'started') this.#wait(this.#pause())
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

  /** Milliseconds until the next run. */
  #pause(): number {
    const { everyMs } = this.#schedule
    return Math.max(everyMs, Math.min(everyMs * 2 ** this.#failuresInRow, BACK_OFF_LIMIT_MS))
  }

  #error(code: 'TASK_FAILED' | 'TASK_TIMEOUT', what: string, cause: unknown): PluginError {
    const { plugin, generation, name } = this.#options
    const message = `plugin ${plugin} (generation ${generation}), task ${name}: ${what}`
    return new PluginError(code, message, { plugin, cause })
  }
}

function completeSchedule({ plugin, name, schedule }: IntervalTaskOptions): Required<IntervalSchedule> {
  const { everyMs, jitterMs = 0, skipInitialRun = false, timeoutMs = DEFAULT_TIMEOUT_MS } = schedule
  const invalid = (field: string, value: unknown, rule: string): PluginError =>
    new PluginError(
      'PLUGIN_INVALID',
      `plugin ${plugin}: task ${name}: ${field} is ${String(value)}; ${rule}`,
      {
        plugin,
      },
    )
  for (const [field, value] of Object.entries({ everyMs, timeoutMs }))
    if (!(value >= 1 && value <= LONGEST_WAIT_MS))
      throw invalid(field, value, `it must be from 1 to ${LONGEST_WAIT_MS} milliseconds`)
  if (!(jitterMs >= 0 && jitterMs <= LONGEST_WAIT_MS))
    throw invalid('jitterMs', jitterMs, `it must be from 0 to ${LONGEST_WAIT_MS} milliseconds`)
  return { everyMs, jitterMs, skipInitialRun, timeoutMs }
}
