import type { Logger } from '@agentproxy/plugin'
import type { Store } from '@agentproxy/store'
import { type TaskOrder, taskOrderSchema } from '../session/task-order.ts'
import type { Journal } from './journal.ts'

const POLL_MS = 250
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface InboxOptions {
  readonly store: Pick<Store, 'commands'>
  readonly journal: Journal
  readonly taskId: string
  readonly log: Logger
  /** Gives a message to the agent of the running turn; false = it was not taken. */
  readonly steer: (text: string) => Promise<boolean>
}

type Listener = (order: TaskOrder) => void

/**
 * Hears what people ask of the task, from whichever process they ask it. An order is first in the log and only then told
 * to who acts on it, so that a resumed task knows of it too.
 */
export class Inbox implements AsyncDisposable {
  readonly #options: InboxOptions
  readonly #listeners = new Set<Listener>()
  readonly #stop = new AbortController()
  #reading: Promise<void> = Promise.resolve()
  #delivering: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: InboxOptions) {
    this.#options = options
  }

  /** Aborted when the task was told to stop. */
  get stopped(): AbortSignal {
    return this.#stop.signal
  }

  /** Logs what was asked while nobody ran the task; nobody is told of it. */
  async catchUp(): Promise<void> {
    await this.#read(() => {})
  }

  /** Reads what is there, then looks for more again and again. */
  async open(): Promise<void> {
    await this.read()
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.open(), POLL_MS)
    this.#timer.unref()
  }

  /** Reads what is there now. Never rejects: whoever appends next to a log that cannot be written hears of it. */
  read(): Promise<void> {
    this.#reading = this.#reading
      .then(() => this.#read((order) => this.#tell(order)))
      .catch((error: unknown) => {
        this.#options.log.warn('the orders of a task could not be read', {
          taskId: this.#options.taskId,
          error: String(error),
        })
      })
    return this.#reading
  }

  on(listener: Listener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /** The next order that is wanted; null when the time (milliseconds since 1970) has come or the signal is aborted first. */
  next(
    wanted: (order: TaskOrder) => boolean,
    { until, signal }: { readonly until: number | null; readonly signal: AbortSignal },
  ): Promise<TaskOrder | null> {
    return new Promise((resolve) => {
      const settle = (order: TaskOrder | null): void => {
        heard[Symbol.dispose]()
        clearTimeout(timer)
        signal.removeEventListener('abort', aborted)
        resolve(order)
      }
      const aborted = (): void => settle(null)
      const heard = this.on((order) => {
        if (wanted(order)) settle(order)
      })
      const ms =
        until === null ? LONGEST_TIMER_MS : Math.min(Math.max(0, until - Date.now()), LONGEST_TIMER_MS)
      const timer = setTimeout(() => settle(null), ms)
      signal.addEventListener('abort', aborted, { once: true })
      if (signal.aborted) aborted()
    })
  }

  /** Offers the agent what people said to it in mid-turn. What it does not take waits for its next turn. */
  deliver(): Promise<void> {
    this.#delivering = this.#delivering.then(() => this.#deliverNow()).catch(() => {})
    return this.#delivering
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#reading
  }

  async #read(tell: Listener): Promise<void> {
    const { store, journal, taskId, log } = this.#options
    for (const { seq, payload } of await store.commands.list(taskId, journal.state.orders)) {
      if (this.#closed) return
      const parsed = taskOrderSchema.safeParse(payload)
      const order = parsed.success ? parsed.data : null
      if (order === null) log.warn('an order of a task was not understood', { taskId, number: seq })
      await journal.append({ type: 'order.received', number: seq, order })
      if (order !== null) tell(order)
    }
  }

  #tell(order: TaskOrder): void {
    if (order.do === 'stop') this.#stop.abort(new DOMException('The task was stopped.', 'AbortError'))
    for (const listener of this.#listeners) listener(order)
    if (order.do === 'message' && order.mode === 'steer') void this.deliver()
  }

  async #deliverNow(): Promise<void> {
    const { journal, steer } = this.#options
    for (const { number, text, mode } of journal.state.messages) {
      if (mode !== 'steer' || this.#closed) continue
      const { turns } = journal.state
      if (await steer(text)) await journal.append({ type: 'message.delivered', turn: turns.length, number })
    }
  }
}
