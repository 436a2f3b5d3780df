import type { Socket } from 'node:net'
import { PeerHub } from '@agentproxy/gateway'
import { CliError } from '../errors.ts'
import { restartDelay } from './restart-delay.ts'
import { PROTOCOL } from './worker-message.ts'
import type { FromWorker } from './worker-message.ts'
import { Worker } from './worker.ts'
import type { WorkerExit } from './worker.ts'

/** A worker that served for so long had a good start; its end is no reason to wait. */
const SETTLED_MS = 10_000
/** So many starts in a row may fail while no worker serves. */
const MOST_FAILURES = 5
/** Connections that wait for a worker while none serves; more are refused. */
const MOST_WAITING = 1_024

export interface WorkerPoolOptions {
  /** Where the primary listens. */
  readonly url: string
  /** How many workers to keep; asked at the start and at each restart of all. */
  readonly count: () => Promise<number>
  /** Milliseconds a worker may take to end, from being told to. */
  readonly endMs: number
  readonly warn: (line: string) => void
}

/** Starts workers and keeps so many of them: one that dies is replaced, and all can be replaced without a gap. */
export class WorkerPool {
  /** Settles with an exit code when no worker can be kept alive. */
  readonly gaveUp: Promise<number>
  readonly #options: WorkerPoolOptions
  readonly #hub = new PeerHub()
  readonly #workers = new Map<number, Worker>()
  readonly #starts = new Set<NodeJS.Timeout>()
  #waiting: Socket[] = []
  #announced: ((announcement: string) => void) | null = null
  #giveUp: (code: number) => void = () => {}
  #count = 0
  #lastId = 0
  #turn = 0
  #leader: Worker | null = null
  #failures = 0
  #worstCode = 0
  #stopping = false
  #rolling: Promise<void> | null = null

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.gaveUp = new Promise((resolve) => (this.#giveUp = resolve))
  }

  /**
   * Settles once all serve, with what a server announces; rejects with `WORKER_FAILED` if one ends before. The first starts
   * alone, so that what is wrong is said once.
   */
  async start(): Promise<string> {
    const announcement = new Promise<string>((resolve) => (this.#announced = resolve))
    const count = await this.#options.count()
    await this.#launch()
    await Promise.all(Array.from({ length: count - 1 }, () => this.#launch()))
    this.#count = count
    this.#elect()
    return announcement
  }

  /** Gives a connection to the next worker. */
  serve(socket: Socket): void {
    const serving = [...this.#workers.values()].filter(({ state }) => state !== 'starting')
    // While all of them leave they still answer: that the server is closing.
    const ready = serving.filter(({ state }) => state === 'ready')
    const able = ready.length > 0 ? ready : serving
    this.#turn += 1
    if (able[this.#turn % able.length]?.serve(socket) === true) return
    if (this.#waiting.length < MOST_WAITING && !this.#stopping) this.#waiting.push(socket)
    else socket.destroy()
  }

  /** Starts new workers, and once they serve has the old ones finish and end. If they do not start, the old ones stay. */
  roll(): Promise<void> {
    // Before all serve there is nothing to replace.
    if (this.#count === 0) return Promise.resolve()
    this.#rolling ??= this.#roll().finally(() => (this.#rolling = null))
    return this.#rolling
  }

  /** Has all workers finish and end; gives the worst of their exit codes. */
  async stop(): Promise<number> {
    this.#stopping = true
    this.#clearStarts()
    const all = [...this.#workers.values()]
    const ended = all.map((worker) => this.#end(worker, false))
    await Promise.all(all.map((worker) => Promise.race([worker.drained.reached, worker.exited])))
    for (const worker of all) worker.send({ kind: 'end' })
    await Promise.all(ended)
    return this.#worstCode
  }

  /** Ends all workers at once. */
  kill(): void {
    this.#stopping = true
    for (const worker of this.#workers.values()) worker.kill()
  }

  async #roll(): Promise<void> {
    const { warn } = this.#options
    this.#hub.forgetChanges()
    this.#clearStarts()
    const fresh: Worker[] = []
    const launch = (): Promise<void> => this.#launch((worker) => fresh.push(worker))
    try {
      const count = await this.#options.count()
      warn(`restarting: ${count} new workers, then the old ones finish`)
      await launch()
      await Promise.all(Array.from({ length: count - 1 }, launch))
      this.#count = count
    } catch (error) {
      warn(`the new workers could not be started, and the old ones stay: ${(error as Error).message}`)
      await Promise.all(fresh.map((worker) => this.#end(worker, true)))
      this.#fill()
      return
    }
    if (this.#stopping) return
    this.#clearStarts()
    const old = [...this.#workers.values()].filter((worker) => !fresh.includes(worker))
    const ended = old.map((worker) => this.#end(worker, true))
    this.#fill()
    await Promise.all(ended)
    warn('restarted: the new workers serve, the old ones have ended')
  }

  /** Starts a worker and waits until it serves; rejects if it ends before. */
  async #launch(started: (worker: Worker) => void = () => {}): Promise<void> {
    this.#lastId += 1
    const worker = new Worker(this.#lastId, (from, message) => this.#receive(from, message))
    this.#workers.set(worker.id, worker)
    started(worker)
    const exited = worker.exited.then((exit) => {
      this.#gone(worker, exit)
      return exit
    })
    const exit = await Promise.race([exited, worker.ready.reached])
    if (exit === null) return
    const message = `worker ${worker.id} ended with ${exit.how} before it was ready`
    throw new CliError('WORKER_FAILED', message, { exitCode: exit.code })
  }

  #receive(worker: Worker, message: FromWorker): void {
    switch (message.kind) {
      case 'hello':
        this.#begin(worker, message.protocol)
        return
      case 'ready':
        this.#join(worker, message.announcement)
        return
      case 'resigned':
        if (this.#leader === worker) this.#leader = null
        this.#elect()
        return
      case 'drained':
        worker.drained.reach()
        return
      case 'peer':
        this.#hub.receive(worker.id, message.message)
    }
  }

  #begin(worker: Worker, protocol: number): void {
    if (protocol !== PROTOCOL) {
      this.#options.warn(
        `worker ${worker.id} is of another release: stop agentproxy serve, and start it again`,
      )
      worker.kill()
      return
    }
    worker.disabledPlugins = this.#hub.disabledPlugins
    worker.send({ kind: 'begin', url: this.#options.url, disabledPlugins: worker.disabledPlugins })
  }

  #join(worker: Worker, announcement: string): void {
    if (worker.state === 'starting') worker.state = 'ready'
    worker.ready.reach()
    this.#hub.join(worker.id, {
      disabledPlugins: worker.disabledPlugins,
      send: (message) => worker.send({ kind: 'peer', message }),
    })
    this.#announced?.(announcement)
    for (const socket of this.#waiting.splice(0)) this.serve(socket)
  }

  /** Ends one worker; settles once it is gone. */
  async #end(worker: Worker, handOver: boolean): Promise<void> {
    worker.state = 'leaving'
    const late = setTimeout(() => worker.kill(), this.#options.endMs)
    worker.send({ kind: 'stop', handOver })
    await worker.exited
    clearTimeout(late)
  }

  #gone(worker: Worker, { code, how }: WorkerExit): void {
    this.#workers.delete(worker.id)
    this.#hub.leave(worker.id)
    if (this.#leader === worker) this.#leader = null
    if (this.#stopping) {
      this.#worstCode = Math.max(this.#worstCode, code)
      return
    }
    this.#elect()
    // Who started it hears of a failed start, and the end of one that leaves is no surprise.
    if (worker.state !== 'ready') return
    this.#failures = worker.ageMs > SETTLED_MS ? 0 : this.#failures + 1
    this.#options.warn(`worker ${worker.id} ended unexpectedly with ${how}; another is started`)
    this.#startLater()
  }

  #startLater(): void {
    const timer = setTimeout(() => {
      this.#starts.delete(timer)
      this.#launch().then(
        () => this.#elect(),
        (error: unknown) => this.#retry(error as Error),
      )
    }, restartDelay(this.#failures))
    this.#starts.add(timer)
  }

  #retry(error: Error): void {
    if (this.#stopping) return
    this.#failures += 1
    this.#options.warn(error.message)
    const serves = [...this.#workers.values()].some(({ state }) => state === 'ready')
    if (serves || this.#failures < MOST_FAILURES) return this.#startLater()
    this.#options.warn(`no worker could be started in ${this.#failures} attempts; giving up`)
    this.#giveUp(1)
  }

  /** Starts what is missing. */
  #fill(): void {
    const staying = [...this.#workers.values()].filter(({ state }) => state !== 'leaving').length
    for (let count = staying + this.#starts.size; count < this.#count; count += 1)
      if (!this.#stopping) this.#startLater()
  }

  #clearStarts(): void {
    for (const timer of this.#starts) clearTimeout(timer)
    this.#starts.clear()
  }

  /** One worker runs what must be run once: the oldest that serves. */
  #elect(): void {
    if (this.#leader !== null || this.#stopping) return
    const next = [...this.#workers.values()].find(({ state }) => state === 'ready')
    if (next === undefined) return
    this.#leader = next
    next.send({ kind: 'lead' })
  }
}
