import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { FromWorker, ToWorker } from './worker-message.ts'

/** How a worker ended: its exit code, and in words. */
export interface WorkerExit {
  readonly code: number
  readonly how: string
}

/** Something that is reached once. */
class Milestone {
  readonly reached: Promise<null>
  #reach: ((value: null) => void) | null = null

  constructor() {
    this.reached = new Promise((resolve) => (this.#reach = resolve))
  }

  reach(): void {
    this.#reach?.(null)
  }
}

/** A worker as the primary sees it. */
export class Worker {
  readonly id: number
  state: 'starting' | 'ready' | 'leaving' = 'starting'
  /** Plugins it was told to do without when it began. */
  disabledPlugins: readonly string[] = []
  /** Settles when the process is gone. */
  readonly exited: Promise<WorkerExit>
  /** Settles when it serves. */
  readonly ready = new Milestone()
  /** Settles when nothing is in flight in it any more. */
  readonly drained = new Milestone()
  readonly #child: ChildProcess
  readonly #startedAt = performance.now()

  /** Starts this same command once more, as a worker. */
  constructor(id: number, received: (worker: Worker, message: FromWorker) => void) {
    this.id = id
    const [, script = '', ...flags] = process.argv
    this.#child = fork(script, [...flags, '--worker', String(id)], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (message) => received(this, message as FromWorker))
    // What cannot be sent to it, or that it cannot be started, shows as its end.
    this.#child.on('error', () => {})
    this.exited = once(this.#child, 'exit').then(([code, signal]) => ({
      code: typeof code === 'number' ? code : 1,
      how: typeof code === 'number' ? `exit code ${code}` : String(signal),
    }))
  }

  get ageMs(): number {
    return performance.now() - this.#startedAt
  }

  send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  /** Gives it a connection to serve; false if it cannot take one any more. */
  serve(socket: Socket): boolean {
    if (!this.#child.connected) return false
    this.#child.send({ kind: 'connection' } satisfies ToWorker, socket, {}, (error) => {
      if (error !== null) socket.destroy()
    })
    return true
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
