import type { Logger } from '@agentproxy/plugin'
import type { HeldTask, LoggedEvent } from '@agentproxy/supervisor'

interface Running {
  readonly stop: AbortController
  readonly done: Promise<void>
}

export interface TaskPoolOptions {
  readonly concurrency: number
  readonly log: Logger
  /** Told of every entry of every task's log. */
  onEvent(this: void, taskId: string, event: LoggedEvent): void
}

/** Runs tasks, so many at once; the others wait in the order they came. */
export class TaskPool {
  readonly #options: TaskPoolOptions
  readonly #waiting: HeldTask[] = []
  readonly #running = new Map<string, Running>()
  #closed = false

  constructor(options: TaskPoolOptions) {
    this.#options = options
  }

  add(task: HeldTask): void {
    this.#waiting.push(task)
    this.#next()
  }

  /** A task that waits is run before its turn: it was told to stop, and ends at once. */
  hurry(sessionId: string): void {
    const at = this.#waiting.findIndex((task) => task.sessionId === sessionId)
    const [task] = at < 0 ? [] : this.#waiting.splice(at, 1)
    if (task !== undefined) this.#run(task)
  }

  /** Tasks that run are saved, to be resumed; those that wait stay queued. */
  async close(): Promise<void> {
    this.#closed = true
    const running = [...this.#running.values()]
    for (const { stop } of running) stop.abort()
    await Promise.all(this.#waiting.splice(0).map((task) => task.release()))
    await Promise.all(running.map(({ done }) => done))
  }

  #next(): void {
    while (!this.#closed && this.#running.size < this.#options.concurrency) {
      const task = this.#waiting.shift()
      if (task === undefined) return
      this.#run(task)
    }
  }

  #run(task: HeldTask): void {
    const stop = new AbortController()
    const { sessionId } = task
    const done = this.#finish(task, stop.signal)
    this.#running.set(sessionId, { stop, done })
  }

  async #finish(task: HeldTask, signal: AbortSignal): Promise<void> {
    const { sessionId } = task
    const { onEvent, log } = this.#options
    try {
      // Whoever has the gateway's token can answer what is asked.
      await task.run({ signal, attended: true, onEvent: (event) => onEvent(sessionId, event) })
    } catch (error) {
      log.error('a task could not be run', { taskId: sessionId, error: String(error) })
    } finally {
      this.#running.delete(sessionId)
      this.#next()
    }
  }
}
