import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { withDeadline } from '../deadline.ts'
import type { Engine, EngineEvents, EngineOptions, EngineUsage, SandboxLimit, StartEngine } from './engine.ts'
import { GUEST_PRELUDE } from './guest-prelude.ts'
import { MESSAGES_PER_SECOND } from './rate-meter.ts'
import type { HostMessage, WorkerInput, WorkerMessage } from './quickjs-worker.ts'

/** Milliseconds in which the thread must be up. */
const START_MS = 8000

const fromSource = import.meta.url.endsWith('.ts')
const { resolve: locate } = createRequire(import.meta.url)

let program: Promise<URL> | null = null

/** QuickJS compiled to WebAssembly, in a thread of its own: the guest's memory, clock and way out are what it is given. */
export const startQuickJs: StartEngine = async (options, events) => {
  program ??= workerProgram()
  const guest = new QuickJsGuest(await program, options, events)
  try {
    await withDeadline(guest.up, START_MS, notUp)
  } catch (thrown) {
    await guest.end()
    throw thrown
  }
  return guest
}

const notUp = (): Error => new Error(`the thread of a sandbox was not up within ${START_MS} ms`)

class QuickJsGuest implements Engine {
  /** Settles when the thread is ready for the plugin, or has gone. */
  readonly up: Promise<void>
  readonly #worker: Worker
  readonly #gauges = new SharedArrayBuffer(16)
  readonly #events: EngineEvents
  #over = false

  constructor(file: URL, options: EngineOptions, events: EngineEvents) {
    this.#events = events
    this.#worker = new Worker(file, {
      name: `sandbox ${options.plugin}`,
      workerData: inputOf(options, this.#gauges),
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    })
    this.up = this.#listen()
    // A loaded plugin must not keep a program running; said after the listeners, which would take it back.
    this.#worker.unref()
  }

  send(text: string): void {
    this.#post({ text, asks: false })
  }

  ask(text: string): void {
    this.#post({ text, asks: true })
  }

  usage(): EngineUsage {
    const [cpuMs = 0, memoryBytes = 0] = new Float64Array(this.#gauges)
    return { cpuMs, memoryBytes }
  }

  async end(): Promise<void> {
    this.#over = true
    await this.#worker.terminate()
  }

  #post(message: HostMessage): void {
    // The rule is about windows; a worker's method takes no origin.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    this.#worker.postMessage(message)
  }

  #listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#worker.on('message', (message: WorkerMessage) => {
        if (this.#over) return
        if ('up' in message) resolve()
        else if ('text' in message) this.#events.message(message.text)
        else this.#ended(message.limit, message.detail)
      })
      this.#worker.on('error', (error: NodeJS.ErrnoException) => {
        const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        this.#ended(memory ? 'memory' : 'crash', memory ? 'it ran out of memory' : error.message)
      })
      this.#worker.on('exit', () => {
        this.#ended('crash', 'its thread ended')
        resolve()
      })
    })
  }

  #ended(limit: SandboxLimit, detail: string): void {
    if (this.#over) return
    this.#over = true
    this.#events.ended(limit, detail)
  }
}

function inputOf(options: EngineOptions, gauges: SharedArrayBuffer): WorkerInput {
  return {
    quickjs: pathToFileURL(locate('quickjs-wasi')).href,
    wasm: locate('quickjs-wasi/quickjs.wasm'),
    prelude: GUEST_PRELUDE,
    source: options.source,
    limits: options.limits,
    messagesPerSecond: MESSAGES_PER_SECOND,
    gauges,
  }
}

/** The thread's program; compiled in memory where the kernel runs from its sources and no built file stands beside this one. */
async function workerProgram(): Promise<URL> {
  if (!fromSource) return new URL('./quickjs-worker.js', import.meta.url)
  const file = fileURLToPath(new URL('./quickjs-worker.ts', import.meta.url))
  const { transformSync } = await import('oxc-transform')
  const { code } = transformSync(file, await readFile(file, 'utf8'))
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`)
}
