import { createInterface } from 'node:readline'
import type { TaskEvent, TaskOrder } from '@agentproxy/supervisor'
import { typedOrder } from './typed-order.ts'

export interface TalkOptions {
  readonly input: NodeJS.ReadableStream
  readonly send: (order: TaskOrder) => Promise<void>
  /** Tells the person something about what was typed. */
  readonly say: (text: string) => void
}

/** Reads lines and makes them orders to a task, by what the task waits for. */
export class Talk implements Disposable {
  readonly #options: TalkOptions
  readonly #lines
  readonly #permissions: string[] = []
  #question: string | null = null
  #asked: ((line: string) => void) | null = null

  constructor(options: TalkOptions) {
    this.#options = options
    this.#lines = createInterface({ input: options.input })
    this.#lines.on('line', (line) => void this.#typed(line))
  }

  /** Follows what the task waits for. */
  apply(event: TaskEvent): void {
    switch (event.type) {
      case 'permission.requested':
        this.#permissions.push(event.id)
        return this.#options.say('y, n, always or never?')
      case 'permission.decided':
        return this.#forget(event.id ?? null)
      case 'question.asked':
        this.#question = event.id
        return
      case 'order.received':
        if (event.order?.do === 'answer') this.#question = null
        return
      case 'turn.finished':
      case 'task.finished':
        this.#permissions.length = 0
        return
      default:
    }
  }

  /** The next line that is typed; rejects when the signal is aborted. */
  ask(text: string, signal: AbortSignal): Promise<string | null> {
    this.#options.say(text)
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#asked = null
        signal.removeEventListener('abort', aborted)
      }
      const aborted = (): void => {
        done()
        reject(signal.reason as Error)
      }
      this.#asked = (line) => {
        done()
        resolve(line)
      }
      signal.addEventListener('abort', aborted, { once: true })
      if (signal.aborted) aborted()
    })
  }

  [Symbol.dispose](): void {
    this.#lines.close()
    // A terminal that is read on would keep the process.
    this.#options.input.pause()
  }

  #forget(id: string | null): void {
    const at = id === null ? -1 : this.#permissions.indexOf(id)
    if (at >= 0) this.#permissions.splice(at, 1)
  }

  async #typed(line: string): Promise<void> {
    if (this.#asked !== null) return this.#asked(line)
    const { send, say } = this.#options
    const order = typedOrder(line, { permission: this.#permissions[0] ?? null, question: this.#question })
    if (order === null) return
    if (typeof order === 'string') return say(order)
    try {
      await send(order)
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
    }
  }
}
